"""From the small picture that the generator paints to the one that is shown: feedback, scale and size."""

import cv2
import numpy as np
from numpy.typing import NDArray

_FRAME_S = 1 / 25
"""Time for which the feedback is told."""
_GROWTH = 0.5
"""By how many times a picture in the feedback grows each second."""


class Canvas:
    """Keeps the last picture for the feedback and gives pictures of one size: uint8 [height, width, 3]."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._last: NDArray[np.float32] | None = None

    def show(self, painted: NDArray[np.float32], passed: float, feedback: float, scale: float) -> NDArray[np.uint8]:
        """Return the picture to be shown of `painted`, float32 [side, side, 3] in 0..1, `passed` s after the last.

        feedback: 0 to 1, what is left of the last picture after 1/25 s. scale: magnification, 1 fills the picture,
        whose longer side sees all of what was painted.
        """
        if self._last is not None and self._last.shape == painted.shape and feedback > 0:
            grown = _magnified(self._last, painted.shape[1], painted.shape[0], 1 + _GROWTH * passed)
            left = feedback ** (passed / _FRAME_S)
            painted = np.asarray(cv2.addWeighted(grown, left, painted, 1 - left, 0), np.float32)
        self._last = painted
        side, (width, height) = painted.shape[0], self._size
        longer = max(width, height)
        view = _magnified(painted, round(side * width / longer), round(side * height / longer), scale)
        # Bytes are enlarged ten times as fast as floats are, and warping costs most where there are many pixels.
        return np.asarray(cv2.resize(cv2.convertScaleAbs(view, alpha=255), self._size, interpolation=cv2.INTER_CUBIC),
                          np.uint8)


def _magnified(picture: NDArray[np.float32], width: int, height: int, scale: float) -> NDArray[np.float32]:
    """Return the middle of `picture`, magnified by `scale`, in width x height pixels."""
    rows, columns = picture.shape[:2]
    matrix = np.array([[scale, 0, (width - 1) / 2 - scale * (columns - 1) / 2],
                       [0, scale, (height - 1) / 2 - scale * (rows - 1) / 2]])
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR,
                                     borderMode=cv2.BORDER_REFLECT_101), np.float32)
