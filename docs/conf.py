"""Sphinx's settings: Markdown pages, a plain theme, warnings are errors."""

project = "Butler"
author = "The Butler developers"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
html_theme = "alabaster"
html_theme_options = {"description": "a bot host in which every feature is a plugin", "fixed_sidebar": True}
exclude_patterns = ["_build"]
