"""SIGHT: cameras, what is seen in their pictures, and which clips fit it."""

import os

# OpenCV reads these when it is loaded. What goes wrong with a camera we say ourselves, once and not at every attempt.
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")  # seconds; 10 if not set
