"""What the two ears of a spherical head hear of sound from a direction: impulse responses out of the physics.

They hold the differences in time and level between the ears. There are no pinnae: ahead and behind sound alike.
"""

import numpy as np
import scipy.special
from numpy.typing import NDArray

RADIUS_M = 0.0875
SPEED_M_S = 343.0
EARS = (90.0, -90.0)
"""Azimuths of the left and the right ear, degrees."""
_BEFORE = RADIUS_M / SPEED_M_S
"""How much sooner than the head's middle the nearer ear hears a wave, s."""
_AFTER = 0.00115
"""When nothing of it is left, counted from the middle, s: the far ear hears it 0.4 ms later, around the head."""
_MARGIN = 16
"""Frames around the response that hold what the limited band makes of it."""


def delay(rate: int) -> int:
    """Return how many frames late the responses are: what would reach the head's middle at 0 is heard as then."""
    return round(_BEFORE * rate) + _MARGIN


def taps(rate: int) -> int:
    """Return the length of the responses in frames."""
    return delay(rate) + round(_AFTER * rate) + _MARGIN


def responses(rate: int, azimuths: tuple[float, ...]) -> NDArray[np.float32]:
    """Return what the ears hear of impulses from `azimuths` (degrees), float32 [2, len(azimuths), taps(rate)].

    The pressure of a plane wave on a rigid sphere (Duda & Martens 1998, J. Acoust. Soc. Am. 104(5), section I, for a
    source far away). Their level is that of stereo: over all the azimuths and the octaves from 100 Hz up, the power at
    both ears together is 1 on average.
    """
    frames = 1 << (4 * taps(rate)).bit_length()
    hertz = np.fft.rfftfreq(frames, 1 / rate)
    incidence = np.radians(np.array(EARS)[:, None] - np.array(azimuths))
    pressure = _pressure(2 * np.pi * hertz * RADIUS_M / SPEED_M_S, np.cos(incidence))
    heard = (hertz >= 100) & (hertz <= 0.4 * rate)
    power = np.average((np.abs(pressure[..., heard]) ** 2).sum(0).mean(0), weights=1 / hertz[heard])
    # The top eighth of the band fades out, so that the response rings within the margins.
    band = np.sin(np.pi / 2 * np.clip(8 * (1 - 2 * hertz / rate), 0, 1)) ** 2
    impulses = np.fft.irfft(pressure * band * np.exp(-2j * np.pi * hertz * delay(rate) / rate), frames)
    cut = impulses[..., :taps(rate)] / np.sqrt(power)
    edge = np.sin(np.pi / 2 * (np.arange(_MARGIN // 2) + 0.5) / (_MARGIN // 2)) ** 2
    cut[..., :_MARGIN // 2] *= edge
    cut[..., -_MARGIN // 2:] *= edge[::-1]
    return cut.astype(np.float32)


def _pressure(ka: NDArray[np.floating], cosine: NDArray[np.floating]) -> NDArray[np.complex128]:
    """Return the pressure [..., frequency] on a sphere, that of the wave without it being 1 with phase 0 in its middle.

    ka: wave number times radius [frequency], 0 first. cosine: of the angle between the point and the wave's source.
    """
    orders = np.arange(int(ka[-1] + 4 * np.cbrt(ka[-1]) + 10))  # beyond them the terms vanish at every frequency
    order = orders[:, None]
    with np.errstate(all="ignore"):  # high orders overflow at low frequencies, where they count for nothing
        slope = (scipy.special.spherical_jn(order, ka[1:], True) - 1j * scipy.special.spherical_yn(order, ka[1:], True))
        terms = np.where(np.isfinite(slope), 1j ** order * (2 * order + 1) / slope, 0)
    series = scipy.special.eval_legendre(orders, cosine[..., None]) @ terms
    return np.concatenate([np.ones((*cosine.shape, 1)), -1j / ka[1:] ** 2 * series], -1)
