"""The colours of one picture given to another: mean and covariance of its RGB values.

The map is the Monge-Kantorovich one between two normal distributions, which moves colours least (Pitie and Kokaram,
"The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer", CVMP 2007, equation 4).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

_SMALL = (64, 36)
_LEAST = 1e-4
"""Variance that is added to every colour, so that flat pictures have a map too, and noise in them isn't blown up."""
_FOLLOW_S = 1.0
"""Time constant with which the palette follows the camera: colours drift, they don't flicker."""


class Palette:
    """Mean [3] and covariance [3, 3] of the colours that the camera saw of late, in 0..1."""

    def __init__(self) -> None:
        self._mean: NDArray[np.float64] | None = None
        self._covariance = np.eye(3)

    def see(self, picture: NDArray[np.uint8], passed: float) -> None:
        """Take in a camera picture [height, width, 3], `passed` seconds after the last one."""
        mean, covariance = _statistics(cv2.resize(picture, _SMALL, interpolation=cv2.INTER_AREA) / np.float32(255))
        if self._mean is None:
            self._mean, self._covariance = mean, covariance
        near = -float(np.expm1(-passed / _FOLLOW_S))
        self._mean = self._mean + near * (mean - self._mean)
        self._covariance = self._covariance + near * (covariance - self._covariance)

    def colour(self, picture: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
        """Return `picture`, float32 [height, width, 3] in 0..1, with its colours moved by `amount` (0 to 1) of the way.

        Before any camera picture it stays as it is.
        """
        if self._mean is None:
            return picture
        mean, covariance = _statistics(picture)
        root = _power(covariance, 0.5)
        back = _power(covariance, -0.5)
        matrix = back @ _power(root @ self._covariance @ root, 0.5) @ back
        matrix = (1 - amount) * np.eye(3) + amount * matrix
        shift = mean + amount * (self._mean - mean) - matrix @ mean
        moved = cv2.transform(picture, np.column_stack([matrix, shift]).astype(np.float32))
        return np.asarray(np.clip(moved, 0, 1), np.float32)


def _statistics(picture: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    colours = picture.reshape(-1, 3).astype(np.float64)
    mean = colours.mean(axis=0)
    return mean, (colours - mean).T @ (colours - mean) / len(colours) + _LEAST * np.eye(3)


def _power(matrix: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, _LEAST ** 2) ** exponent) @ vectors.T)
