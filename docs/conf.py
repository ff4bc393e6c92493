"""How Sphinx builds the site; `make docs` runs it."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "lr_ros"
author = "the lr_ros maintainers"
copyright = author  # noqa: A001 - the name that Sphinx reads
release = version = version_of("lr_ros")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]

# Markdown, as it reads on the repository's own pages, too.
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# The API pages: docstrings as they stand in the code, types from the annotations.
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_class_signature = "separated"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
add_module_names = False

html_theme = "furo"
html_title = f"lr_ros {version}"
html_theme_options = {
    "source_view_link": "",
    "light_css_variables": {"color-brand-primary": "#0b6e4f", "color-brand-content": "#0b6e4f"},
    "dark_css_variables": {"color-brand-primary": "#4fd1a5", "color-brand-content": "#4fd1a5"},
}
html_show_sphinx = False
html_show_copyright = False
# In console blocks, what is copied are the commands.
copybutton_exclude = ".linenos, .gp, .go"
