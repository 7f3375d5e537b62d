"""The library that ships with Phonoscope: soundscapes rendered by seeded synthesis, free of anyone's recordings."""
