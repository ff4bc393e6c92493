# Thin: the work is done by scripts/ and by .venv/bin/lr.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint docs colcon clean distclean
# A sourced ROS installation must not leak into the environment of this checkout.
unexport PYTHONPATH AMENT_PREFIX_PATH

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup: ## make or refresh .venv with everything lr_ros needs; .venv/bin/lr is then there
	@scripts/setup

demo: setup ## teach simulated objects to the whole system and see it name them
	@.venv/bin/lr demo

test: setup ## lint, types, and the default tests (under 10 minutes on 2 cores)
	@scripts/test

lint: setup ## ruff and mypy alone
	@scripts/test --lint

docs: setup ## build the documents' site in build/docs/html; a warning is an error
	@scripts/docs

colcon: setup ## build and test the package with colcon, against the environment's ROS 2
	@scripts/colcon

clean: ## remove what was built, leave .venv
	rm -rf build install log out .dev .pytest_cache .mypy_cache .ruff_cache .hypothesis

distclean: clean ## remove .venv, too
	rm -rf .venv
