"""Render offline what `phonoscope play` would play: the same stages on a virtual clock, as fast as they go.

The rendering lasts as long as the microphone's recording; a shorter video begins again. The same inputs, show and
seed give the same samples, bit for bit. A .wav holds the soundscape, in as many channels as the layout
has, a .mp4 also the pictures.
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
    parser.add_argument("--layout", help="what the channels are, as `phonoscope play` takes it")
    parser.add_argument("--seed", type=int, metavar="N", help="of everything random (default: the show's)")
    parser.add_argument("--json", action="store_true", help="print what happened, and a hash of the samples")


def run(args: argparse.Namespace) -> int:
    """Render to the file asked for; 0."""
    import sys

    from tqdm import tqdm

    from bridge.recording import open_recorder
    from engine import audiofile
    from engine.library import Library, shipped_library
    from engine.modelfile import load_model, shipped_model
    from engine.offline import Rendering, frame_rate
    from engine.show import Show, load_show
    from engine.sight.camera import open_recording
    from engine.sight.eye import Eye, check_classes
    from engine.sight.views import views_of
    from engine.sound.spatial import parse_layout

    show = load_show(args.show) if args.show else Show()
    if args.seed is not None:
        show = replace(show, seed=args.seed)
    if args.layout is not None:
        show = replace(show, sound=replace(show.sound, layout=args.layout))
    samples, rate = audiofile.decode(args.mic)
    library = Library.open(Path(show.library) if show.library else shipped_library())
    eye = Eye(load_model(show.sight.model or shipped_model("eye"), "eye", "cpu"))
    check_classes(eye.classes, library)
    views = views_of(args.camera)
    cameras = [open_recording(camera, seed=show.seed + number, say=lambda line: print(line, file=sys.stderr))
               for number, camera in enumerate(args.camera)]
    digest = hashlib.sha256()
    frames = 0
    with open_recorder(args.out, show.sound.rate, frame_rate(show, cameras),
                       parse_layout(show.sound.layout).channels) as recorder:
        rendering = Rendering(show, library, eye, cameras, audiofile.resample(samples, rate, show.sound.rate),
                              recorder.picture, views)
        for block in tqdm(rendering, unit="block", desc="rendering", file=sys.stderr, disable=None):
            recorder.sound(block)
            digest.update(block.tobytes())
            frames += len(block)
    if args.json:
        score = rendering.score
        print(json.dumps({
            "out": str(args.out), "seconds": frames / show.sound.rate, "sample_rate": show.sound.rate,
            "samples": frames,
            "sha256": digest.hexdigest(), "cuts": score.cuts, "onsets": score.onsets, "beats": score.beats,
            "layers": [{**asdict(start), "clip": str(library.clips[start.clip].file),
                        "class": library.clips[start.clip].category} for start in score.layers]}))
    return 0
