"""`python -m models.render OUT`: draw the instrument's own scenes and synthesise its own sounds to train on as well.

Models import nothing of the instrument's, so the drawing runs in a second Python, whose `-c` program is below. The
seeds are others than those that the instrument itself plays with. Fills `OUT/pictures/SCENE/*.png`, with the sound
category of each scene in `OUT/pictures/sounds.csv`, and `OUT/sounds/CATEGORY/*.wav`. `phonoscope train` calls it.
"""

import argparse
import subprocess
import sys
from pathlib import Path

PICTURES = """
import sys, numpy as np, cv2
from pathlib import Path
from engine.sight.demo import SCENE_THEMES, SCENES, render_scene
out, copies = Path(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(20240)
out.mkdir(parents=True, exist_ok=True)
(out / "sounds.csv").write_text("scene,sound\\n" + "".join(f"{s},{SCENE_THEMES[s]}\\n" for s in SCENES))
for scene in SCENES:
    folder = out / scene
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(copies):
        t = float(rng.uniform(0, 60))
        seed = int(rng.integers(1000, 2**31))
        picture = render_scene(scene, t, size=(180, 320), seed=seed)
        cv2.imwrite(str(folder / f"{i:03d}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    print(scene, file=sys.stderr)
"""
SOUNDS = """
import sys, soundfile
from pathlib import Path
from engine.shipped.synthesis import SOUNDS, render
out, copies = Path(sys.argv[1]), int(sys.argv[2])
for name, sound in SOUNDS.items():
    folder = out / sound.category
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(copies):
        soundfile.write(str(folder / f"{name}_{i}.wav"), render(name, 10.0, 32000, 7000 + i).mean(1), 32000)
    print(name, sound.category, file=sys.stderr)
"""


def render(out: Path, pictures: int, sounds: int) -> None:
    """Fill `out` with this many pictures of each scene and takes of each sound."""
    for program, folder, copies in ((PICTURES, "pictures", pictures), (SOUNDS, "sounds", sounds)):
        subprocess.run([sys.executable, "-c", program, str(out / folder), str(copies)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m models.render", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="folder to fill")
    parser.add_argument("--pictures", type=int, default=60, metavar="N", help="pictures of each scene")
    parser.add_argument("--sounds", type=int, default=4, metavar="N", help="takes of each sound")
    options = parser.parse_args()
    render(options.out, options.pictures, options.sounds)


if __name__ == "__main__":
    main()
