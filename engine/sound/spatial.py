"""Where sound comes from: output layouts and the gains with which a direction reaches their channels.

Azimuths are in degrees, counterclockwise seen from above: 0 ahead, 90 left, -90 right (the convention of Ambisonics).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS = 1440
"""Directions for which gains are kept: one every quarter of a degree."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the output's channels are. azimuths: of the loudspeakers, degrees, in the order of the channels."""

    name: str
    azimuths: tuple[float, ...]

    @property
    def channels(self) -> int:
        """How many channels the output has."""
        return len(self.azimuths)


STEREO = Layout("stereo", (30.0, -30.0))


def gain_table(layout: Layout) -> NDArray[np.float32]:
    """Return the gains float32 [STEPS + 1, layout.channels] of directions from -180 to 180 degrees, of power 1."""
    azimuth = np.radians(np.linspace(-180, 180, STEPS + 1))
    lateral = np.clip(np.arcsin(np.sin(azimuth)), -np.pi / 6, np.pi / 6)  # behind sounds as its mirror image ahead
    balance = np.tan(lateral) / np.tan(np.pi / 6)
    gains = np.stack([1 + balance, 1 - balance], axis=1)
    return np.asarray(gains / np.linalg.norm(gains, axis=1, keepdims=True), np.float32)
