"""Procedural scenes for the built-in camera, one module per family."""
