"""Data sets as they are published, and how to make one of one's own videos."""
