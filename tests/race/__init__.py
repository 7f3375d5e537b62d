"""Races of the mixer against other granular engines: run by hand, see README.md."""
