"""The stage: what the page shows of a playing instrument, and how it is played from there."""
