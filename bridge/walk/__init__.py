"""Walks: panoramas to step through in a browser and hear, published as a folder that any web server can serve.

places says what is walked through, listed reads it from a list, site builds the folder, its own files are kept by
folder; viewer names the files that show it in a browser, which are copied into it from static/ and the page's.
"""
