"""What each interpolation adds to a sweep, against a sinc of 64 taps.

    python -m tests.soak.interpolation_error [--semitones 3.3]

A sine that sweeps from 20 Hz to 20 kHz is read at that transposition; the error is what remains beside the reference,
in dB of the sweep, octave by octave of what is heard. Prints one JSON object.
"""

import argparse
import json

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.sound.grains import read
from engine.sound.lanes import ONE, SPILL
from engine.sound.sinc import kernel_for, kernels

RATE = 48_000
SECONDS = 8.0
LOW, HIGH = 20.0, 20_000.0
HALF = 32
NAMES = ("linear", "cubic", "sinc")
KERNELS = kernels()[0]


@njit
def _read(source: int, position: int, increment: int, count: int, out: int, interpolation: int, kernel: object) -> None:
    for at in range(0, count, 64):
        read(source, position, increment, 64, out + 4 * at, interpolation, kernel)
        position += 64 * increment


def sweep() -> NDArray[np.float64]:
    """Return the sweep; its frequency grows by equal ratios."""
    t = np.arange(round(SECONDS * RATE)) / RATE
    rise = np.log(HIGH / LOW) / SECONDS
    return np.sin(2 * np.pi * LOW / rise * np.expm1(rise * t))


def reference(sound: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read `sound` with a Kaiser-windowed sinc of 2 * HALF taps."""
    i = np.floor(place).astype(int)
    taps = np.arange(1 - HALF, HALF + 1)
    result = np.zeros(len(place))
    for begin in range(0, len(place), 8192):
        part = slice(begin, begin + 8192)
        off = taps - (place[part] - i[part])[:, None]
        kernel = np.sinc(off) * np.i0(12 * np.sqrt(np.maximum(0, 1 - (off / HALF) ** 2))) / np.i0(12)
        result[part] = (kernel * sound[i[part][:, None] + taps]).sum(axis=1)
    return result


def main() -> None:
    """Print the errors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--semitones", type=float, default=3.3)
    args = parser.parse_args()
    sound = sweep()
    increment = round(2 ** (args.semitones / 12) * ONE)
    rate = increment / ONE
    count = int((len(sound) - 1000) / rate) // 64 * 64
    first = 300 * ONE + ONE // 3
    place = (first + increment * np.arange(count)) / ONE
    expected = reference(sound, place)
    heard = LOW * (HIGH / LOW) ** (place / len(sound)) * rate  # Hz at each frame of the output
    memory, out = sound.astype(np.float32), np.zeros(count + SPILL, np.float32)
    figures: dict[str, dict[str, float]] = {}

    def error_db(band: NDArray[np.bool_]) -> float:
        return round(float(10 * np.log10(np.mean(error[band] ** 2) / np.mean(expected[band] ** 2))), 1)

    for interpolation, name in enumerate(NAMES):
        _read(memory.ctypes.data, first, increment, count, out.ctypes.data, interpolation, KERNELS[kernel_for(rate)])
        error = out[:count] - expected
        octaves = {f"to_{top}_hz_db": error_db((heard > top / 2) & (heard <= top))
                   for top in (250, 1000, 2000, 4000, 8000, 16000)}
        octaves["below_16000_hz_db"] = error_db(heard < 16000)
        figures[name] = octaves
    print(json.dumps({"semitones": args.semitones, **figures}, indent=1))


if __name__ == "__main__":
    main()
