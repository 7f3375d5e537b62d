"""Generated sound: what a picture sounds like to a model of kind "voice", as a clip that loops without a seam."""

SECONDS = 4.0
"""How long a clip is unless somebody says otherwise."""
SHORTEST, LONGEST = 0.6, 60.0
"""Bounds of its length, s."""
