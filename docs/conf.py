"""Sphinx configuration: Markdown through MyST, the Furo theme, nothing fetched at build or read time."""

project = "Vigie"
author = "The Vigie developers"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Vigie"
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 3
gettext_compact = False
