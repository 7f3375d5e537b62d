"""Write the shipped library: `python -m engine.shipped.render -o DIR`."""

import argparse
from pathlib import Path

import soundfile
from tqdm import tqdm

from engine.shipped.synthesis import SOUNDS, render

LICENCE = """The sounds in this folder were synthesised by engine/shipped of Phonoscope; no recording went into them.
They are licensed under Apache-2.0 like the program, or, as you choose, dedicated to the public domain under CC0 1.0
(https://creativecommons.org/publicdomain/zero/1.0/).
"""


def write_library(folder: Path, seconds: float = 24.0, rate: int = 48000, seed: int = 7, quality: float = 0.0) -> None:
    """Render every sound to folder/<category>/<name>.ogg (Ogg Vorbis, stereo); quality 0 (about 65 kbit/s) to 1."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "LICENCE.txt").write_text(LICENCE)
    for name, sound in tqdm(SOUNDS.items(), unit="sound"):
        path = folder / sound.category / f"{name}.ogg"
        path.parent.mkdir(exist_ok=True)
        # libsndfile's compression level runs the other way round
        soundfile.write(
            path,
            render(name, seconds, rate, seed),
            rate,
            format="OGG",
            subtype="VORBIS",
            compression_level=1.0 - quality,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Render the shipped sounds as Ogg Vorbis files.")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seconds", type=float, default=24.0)
    parser.add_argument("--rate", type=int, default=48000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--quality", type=float, default=0.0, help="of the Vorbis codec: 0 (as shipped) to 1")
    arguments = parser.parse_args()
    write_library(arguments.output, arguments.seconds, arguments.rate, arguments.seed, arguments.quality)


if __name__ == "__main__":
    main()
