# Read by scripts/setup: what the machine must have before .venv can be made. As root, Debian and
# Ubuntu packages that are missing are installed; otherwise they are named.

require_platform() {
  case "$(uname -s) $(uname -m)" in
    "Linux x86_64") ;;
    *) die "ROS 2 comes as wheels for Linux on x86_64 only, and this is $(uname -sm).
On this machine build with colcon in a ROS 2 installation instead: see README.md." ;;
  esac
}

install_packages() { # of Debian or Ubuntu
  if command -v apt-get > /dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    say "installing Debian packages: $*"
    # An old list of packages names files that are no longer there.
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive \
      apt-get install -q -y --no-install-recommends "$@"; } < /dev/null ||
      die "apt-get could not install: $*"
  elif command -v apt-get > /dev/null 2>&1; then
    die "these packages are missing: $*
Install them and start again:
  sudo apt-get update && sudo apt-get install --no-install-recommends $*"
  else
    die "these are missing (by the names of their Debian packages): $*
Install them with this system's package manager and start again."
  fi
}

is_supported() { # a Python that ROS 2's wheels are built for?
  "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' > /dev/null 2>&1
}
makes_environments() { "$1" -c 'import ensurepip, venv' > /dev/null 2>&1; }
has_headers() {
  "$1" -c 'import os, sysconfig
assert os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))' > /dev/null 2>&1
}

# 3.11 first: it is the newest that every dependency has a wheel for.
candidates() { printf '%s\n' python3.11 python3.12 python3.13 python3.10 python3; }

first_python() { # that passes all the tests named
  for candidate in $(candidates); do
    command -v "$candidate" > /dev/null 2>&1 || continue
    for passes in "$@"; do "$passes" "$candidate" || continue 2; done
    command -v "$candidate"
    break
  done
}

debian_prefix() { # python3.11 -> python3.11; that of Debian's default Python -> python3
  "$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'
}

choose_python() { # sets $python
  if [ -n "${LR_PYTHON:-}" ]; then
    is_supported "$LR_PYTHON" || die "LR_PYTHON=$LR_PYTHON is not a Python 3.10 to 3.13"
    python=$LR_PYTHON
  else
    python=$(first_python is_supported makes_environments has_headers)
    [ -n "$python" ] || python=$(first_python is_supported)
  fi
  if [ -z "$python" ]; then
    install_packages python3 python3-venv python3-dev
    python=$(first_python is_supported)
    [ -n "$python" ] || die "no Python 3.10 to 3.13 was found. Install one and name it:
  LR_PYTHON=/path/to/python3.11 make setup"
  fi
  missing=
  makes_environments "$python" || missing="$(debian_prefix "$python")-venv"
  has_headers "$python" || missing="$missing $(debian_prefix "$python")-dev"
  # shellcheck disable=SC2086 # a list of words
  [ -z "$missing" ] || install_packages $missing
  makes_environments "$python" || die "$python cannot make virtual environments (no ensurepip)"
}

require_build_tools() { # $1: the Python of the environment
  missing=
  command -v gcc > /dev/null 2>&1 || missing="$missing gcc"
  command -v g++ > /dev/null 2>&1 || missing="$missing g++"
  command -v make > /dev/null 2>&1 || missing="$missing make"
  has_headers "$1" || missing="$missing $(debian_prefix "$1")-dev"
  # shellcheck disable=SC2086
  [ -z "$missing" ] || install_packages $missing
  has_headers "$1" || die "the headers of $1 (Python.h) are missing"
}

# For the tests of the operator panel, which are skipped without it. A browser is not a thing to be
# installed unasked.
look_for_browser() {
  for browser in chromium chromium-browser google-chrome google-chrome-stable; do
    ! command -v $browser > /dev/null 2>&1 || return 0
  done
  say "no Chromium: the tests of the panel in a browser are skipped (Debian: apt-get install chromium)"
}
