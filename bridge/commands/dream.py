"""Paint what a sound looks like: an album of pictures in a folder, or a film with the sound in it.

An album has a picture for each half second (--every), of the sound that begins there, as the model paints it: 0000.png,
0001.png ... A film (.mp4) has 25 pictures a second, 512 x 512, painted as `phonoscope play` would with its knobs
untouched: it flows, grows with the loudness and jumps at onsets. The same sound, model and seed give the same pictures.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.dream.painter.generator import Generator

HELP = "paint what a sound looks like: pictures or a film"
_EVERY_S = 0.5
_FPS = 25.0
_FASTEST = 120.0
_RATE = 48_000

Frames = list[dict[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope dream`."""
    parser.add_argument("sound", type=Path, metavar="SOUND", help="sound file, or a video whose sound is taken")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR|FILE.mp4", help="what to write")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="of everything random (default: 0)")
    parser.add_argument("--model", default="", metavar="F", help="model file to dream with (default: the shipped one)")
    parser.add_argument("--every", type=_seconds, metavar="SECONDS",
                        help=f"from picture to picture (default: {_EVERY_S}; of a film {1 / _FPS})")
    parser.add_argument("--json", action="store_true", help="print one JSON object: frames, each with its t and file")


def run(args: argparse.Namespace) -> int:
    """Paint; 0."""
    from engine import audiofile
    from engine.dream.painter.generator import Generator

    wants_film = args.out.suffix.lower() == ".mp4"
    if not wants_film and args.out.suffix and not args.out.is_dir():
        raise UserError(f"-o {args.out}: expected a folder, or a name that ends in .mp4")
    recording = audiofile.read(args.sound)
    for remark in recording.remarks:
        print(f"{args.sound}: {remark}", file=sys.stderr)
    samples = audiofile.resample(recording.samples, recording.rate, _RATE)
    generator = Generator.load(args.model)
    frames = (_film if wants_film else _album)(generator, samples, args)
    if args.json:
        print(json.dumps({"out": str(args.out), "sound": str(args.sound), "seconds": len(samples) / _RATE,
                          "seed": args.seed, "model": generator.model.name, "sha256": generator.model.sha256,
                          "frames": frames}))
    else:
        print(f"{args.out}: {len(frames)} pictures of {len(samples) / _RATE:.1f} s of sound")
    return 0


def _album(generator: "Generator", samples: "NDArray[np.float32]", args: argparse.Namespace) -> Frames:
    import cv2

    from engine.dream.painter.album import album
    from engine.files import replacing

    every = args.every or _EVERY_S
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        frames: Frames = []
        for picture, t in _shown(album(generator, samples, _RATE, args.seed, every), samples, every):
            file = args.out / f"{len(frames):04}.png"
            with replacing(file) as out:
                out.write(cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes())
            frames.append({"t": round(t, 6), "file": str(file)})
    except OSError as error:
        raise UserError(f"-o {args.out}: can't be written: {error.strerror or error}") from None
    return frames


def _film(generator: "Generator", samples: "NDArray[np.float32]", args: argparse.Namespace) -> Frames:
    from bridge.recording import open_recorder, record_film
    from engine.dream.painter.album import film
    from engine.show import DreamConfig

    fps, size = 1 / args.every if args.every else _FPS, DreamConfig()
    with open_recorder(args.out, _RATE, fps, samples.shape[1]) as recorder:
        pictures = film(generator, samples, _RATE, args.seed, fps, (size.width, size.height))
        times = record_film(recorder, _shown(pictures, samples, 1 / fps), samples, _RATE, fps)
        return [{"t": round(t, 6), "file": str(args.out)} for t in times]


def _shown(pictures: "Iterable[tuple[NDArray[np.uint8], float]]", samples: "NDArray[np.float32]",
           every: float) -> "Iterable[tuple[NDArray[np.uint8], float]]":
    from tqdm import tqdm

    shown: Iterable[tuple[NDArray[np.uint8], float]] = tqdm(
        pictures, total=math.ceil(len(samples) / _RATE / every), unit="picture", desc="dreaming", file=sys.stderr,
        disable=None)
    return shown


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}': expected a whole number from 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 1 / _FASTEST <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"'{text}': expected seconds, {1 / _FASTEST:.4f} to 3600")
    return seconds
