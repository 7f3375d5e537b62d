"""Render offline what `phonoscope play` would play: the same stages on a virtual clock, as fast as they go.

The rendering lasts as long as the microphone's recording; a shorter video begins again. The same inputs, show and
seed give the same samples, bit for bit. A .wav holds the soundscape, in as many channels as the layout
has, a .mp4 also the pictures. --dream writes a film of what PAINTER paints of the microphone, with the soundscape.
"""

import argparse
import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

HELP = "render offline from files: the same stages, the same samples for the same seed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope render`."""
    parser.add_argument("show", nargs="?", type=Path, metavar="SHOW", help="show file (TOML)")
    parser.add_argument("--camera", required=True, action="append", metavar="FILE",
                        help='video, picture, folder of pictures, or "demo"; "panorama:FILE" for an equirectangular '
                             'one; FILE@DEGREES says where it looks (0 ahead, 90 left); again for several cameras')
    parser.add_argument("--mic", required=True, type=Path, metavar="FILE", help="recording that is heard")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="what to write: .wav or .mp4")
    parser.add_argument("--dream", type=Path, metavar="FILE", help="film of the painted pictures (.mp4)")
    parser.add_argument("--layout", help="what the channels are, as `phonoscope play` takes it")
    parser.add_argument("--seed", type=int, metavar="N", help="of everything random (default: the show's)")
    parser.add_argument("--json", action="store_true", help="print what happened, and hashes of samples and pixels")


def run(args: argparse.Namespace) -> int:
    """Render to the files asked for; 0."""
    import contextlib
    import sys

    from tqdm import tqdm

    from bridge.recording import open_recorder
    from engine import audiofile
    from engine.dream.painter.generator import Generator
    from engine.errors import UserError
    from engine.library import Library, shipped_library
    from engine.modelfile import load_model, shipped_model
    from engine.offline import Rendering, frame_rate
    from engine.parameters import parameter
    from engine.show import Show
    from engine.showfile import load_show
    from engine.sight.camera import open_recording
    from engine.sight.eye import Eye, check_classes
    from engine.sight.pictures import Picture
    from engine.sight.views import views_of
    from engine.sound.spatial import parse_layout

    if args.dream and args.dream.suffix.lower() != ".mp4":
        raise UserError(f"--dream {args.dream}: expected a name that ends in .mp4")
    show = load_show(args.show) if args.show else Show()
    if args.seed is not None:
        show = replace(show, seed=args.seed)
    if args.layout is not None:
        show = replace(show, sound=replace(show.sound, layout=args.layout))
    samples, rate = audiofile.decode(args.mic)
    library = Library.open(Path(show.library) if show.library else shipped_library())
    eye = Eye(load_model(show.sight.model or shipped_model("eye"), "eye", "cpu"))
    check_classes(eye.classes, library)
    dream = Generator.load(show.dream.model, show.dream.side) if args.dream else None
    views = views_of(args.camera)
    cameras = [open_recording(camera, seed=show.seed + number, say=lambda line: print(line, file=sys.stderr))
               for number, camera in enumerate(args.camera)]
    digest, painted = hashlib.sha256(), hashlib.sha256()
    frames = 0
    channels = parse_layout(show.sound.layout).channels
    with contextlib.ExitStack() as stack:
        recorder = stack.enter_context(open_recorder(args.out, show.sound.rate, frame_rate(show, cameras), channels))
        dreamt = stack.enter_context(open_recorder(
            args.dream, show.sound.rate, show.parameters.get("dream/rate", parameter("dream/rate").default),
            channels)) if args.dream else None

        def paint(picture: Picture, t: float) -> None:
            painted.update(picture.tobytes())
            if dreamt:
                dreamt.picture(picture, t)

        rendering = Rendering(show, library, eye, cameras, audiofile.resample(samples, rate, show.sound.rate),
                              recorder.picture, views, dream, paint)
        for block in tqdm(rendering, unit="block", desc="rendering", file=sys.stderr, disable=None):
            recorder.sound(block)
            if dreamt:
                dreamt.sound(block)
            digest.update(block.tobytes())
            frames += len(block)
    if args.json:
        score = rendering.score
        print(json.dumps({
            "out": str(args.out), "seconds": frames / show.sound.rate, "sample_rate": show.sound.rate,
            "samples": frames,
            "sha256": digest.hexdigest(), "dream_sha256": painted.hexdigest() if dream else None,
            "cuts": score.cuts, "onsets": score.onsets, "beats": score.beats,
            "layers": [{**asdict(start), "clip": str(library.clips[start.clip].file),
                        "class": library.clips[start.clip].category} for start in score.layers]}))
    return 0
