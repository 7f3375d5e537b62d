"""The page that a browser shows of a playing instrument: see it, play it, from several screens at once."""
