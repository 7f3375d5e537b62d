"""Make a sound for a picture: what a model of kind "voice" imagines, as a mono WAV that loops without a seam.

The sound is generated, not chosen from a library as `phonoscope imagine` does. It is 24 bit at 48 kHz, at -20 LUFS and
with true peaks of at most -1 dBTP. The same picture, model and seed give the same file.
"""

import argparse
import json
from pathlib import Path

from engine.errors import UserError
from engine.voice import LONGEST, SECONDS, SHORTEST

HELP = "make a sound for a picture"
_RATE = 48_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope voice`."""
    parser.add_argument("picture", type=Path, metavar="PICTURE", help="picture file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="WAV", help="what to write")
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="S",
                        help=f"how long, {SHORTEST:.2g} to {LONGEST:g} (default: {SECONDS:g})")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another one gives another sound (default: 0)")
    parser.add_argument("--model", metavar="F", help="model file of kind voice (default: the shipped one)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write the sound of the picture; 0."""
    import soundfile

    from engine.files import replacing
    from engine.modelfile import load_model, shipped_model
    from engine.sight.pictures import fit, read_picture
    from engine.voice.clip import clip_of
    from engine.voice.level import loudness, true_peak_db

    if args.output.suffix.lower() != ".wav":
        raise UserError(f"-o {args.output}: expected a name that ends in .wav")
    if not SHORTEST <= args.seconds <= LONGEST:
        raise UserError(f"--seconds {args.seconds:g}: expected {SHORTEST:.3g} to {LONGEST:g}")
    if args.seed < 0:
        raise UserError(f"--seed {args.seed}: expected a whole number from 0 up")
    picture = fit(read_picture(args.picture))
    model = load_model(args.model or shipped_model("voice"), "voice")
    sound = clip_of(model, picture, args.seconds, _RATE, args.seed)
    try:
        with replacing(args.output) as file:
            soundfile.write(file, sound, _RATE, "PCM_24", format="WAV")
    except OSError as error:
        raise UserError(f"-o {args.output}: can't be written: {error.strerror or error}") from None
    if args.json:
        print(json.dumps({"picture": str(args.picture), "out": str(args.output), "model": model.name,
                          "sha256": model.sha256, "seed": args.seed, "seconds": len(sound) / _RATE,
                          "sample_rate": _RATE, "lufs": round(loudness(sound, _RATE), 2),
                          "true_peak_db": round(true_peak_db(sound), 2)}))
    return 0
