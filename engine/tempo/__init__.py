"""The beat: who keeps time, and how every part of the instrument knows where in the bar it is."""
