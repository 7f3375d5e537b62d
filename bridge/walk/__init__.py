"""Imaginary Soundscape: walks through panoramas, each direction with the sound it looks like, in a browser.

places says what is walked through, listed reads it from a list; site builds a folder that any web server can publish,
folder keeps what is the site's own in it, serving serves it. viewer names the files of the browser's side, most of them
in static/.
"""
