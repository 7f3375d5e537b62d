"""Our mixer in the race of granular engines: scenario, checks and figures are those of `common` in the peers' folder.

    python -m tests.race.race_project --peers FOLDER [REPETITIONS]

Prints one JSON line a run, as the other engines' scripts do. "phonoscope" is the whole mixer, with layers, limiter and
meters; "phonoscope grains" is what is left of it without the same mixer while it has next to no grains to play.
"""

import argparse
import importlib
import math
import os
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.parameters import INDEX, LAYERS, PARAMETERS, parameter
from engine.sound.mixer import Mixer, render

COUNTS = (64, 256, 1024)
INTERPOLATIONS = {"linear": 0, "cubic": 1}
JITTER = 12
"""Semitones: rates from half to twice, evenly in semitones."""
RATE_MEAN = 1.25
"""Of the other engines, whose rates lie evenly between 0.5 and 2."""
NOTE = "rates even in semitones over two octaves, raised to the same mean of 1.25"


def open_common(folder: Path) -> ModuleType:
    """Import the scenario that all engines share."""
    sys.path.insert(0, str(folder))
    return importlib.import_module("common")


def mixer(common: ModuleType, density: float, layers: int, interpolation: int) -> Mixer:
    """Return a mixer that starts `density` grains a second on so many layers together."""
    parameters = np.array([p.default for p in PARAMETERS])
    mean = (2**(JITTER / 12) - 2**(-JITTER / 12)) / (2 * JITTER / 12 * math.log(2))
    knobs = {"density": density / layers, "density_jitter": 0, "duration": 1e3 * common.GRAIN,
             "position_jitter": common.SRC_LEN / common.SR / 2, "pitch": 12 * math.log2(RATE_MEAN / mean),
             "pitch_jitter": JITTER, "pan_spread": 1, "shape": 0, "envelope": 1, "interpolation": interpolation}
    for name, value in knobs.items():
        for n in range(1, LAYERS + 1):
            parameters[INDEX[f"layer/{n}/{name}"]] = value
    mixer = Mixer(common.SR, parameters, seed=3)
    mixer.load(0, soundfile.read(common.source(), dtype="float32", always_2d=True)[0])
    for layer in range(layers):
        mixer.start(layer, 0, 1, 0)
    return mixer


def timed(common: ModuleType, mixer: Mixer) -> tuple[float, NDArray[np.float32]]:
    """Return the processor time that mixing takes and what was mixed; file and compiler are left out of it."""
    out = np.zeros((round(common.DUR * common.SR), 2), np.float32)
    begun = time.process_time()
    render(mixer.addresses, out)
    return time.process_time() - begun, out


def run(common: ModuleType, count: int, name: str) -> tuple[float, float, list[float]]:
    """Return the processor times with and without grains, and the levels of both channels."""
    density = count / common.GRAIN
    layers = math.ceil(density / parameter("layer/1/density").high)
    cpu, sound = timed(common, mixer(common, density, layers, INTERPOLATIONS[name]))
    idle, _ = timed(common, mixer(common, 0, layers, INTERPOLATIONS[name]))
    file = Path(common.OUT) / f"phonoscope_{count}_{name}.wav"
    soundfile.write(file, sound, common.SR, subtype="FLOAT")
    return cpu, idle, common.check(file, count)


def main() -> None:
    """Race."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, default=os.environ.get("PEERS"), required="PEERS" not in os.environ,
                        help="folder with common.py; default: the variable PEERS")
    parser.add_argument("repetitions", type=int, nargs="?", default=2, help="of which the best is taken; default 2")
    args = parser.parse_args()
    common = open_common(args.peers)
    for name in INTERPOLATIONS:
        for count in COUNTS:
            cpu, idle, rms = common.best(lambda count=count, name=name: run(common, count, name), args.repetitions)
            common.report("phonoscope", name, count, cpu, 0.0, rms, NOTE)
            common.report("phonoscope grains", name, count, cpu, idle, rms, NOTE)


if __name__ == "__main__":
    main()
