"""Imaginary Soundscape: walks through panoramas, each direction with the sound it looks like."""
