"""The largest step between two samples of a rendering with scene cuts, against that of the clips that it plays.

    python -m tests.soak.cuts_without_clicks --data DATA

DATA holds photographs, `scenes/*/*.jpg`. A click would show as a step above the material's own.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np
import soundfile

from engine.library import Library, shipped_library
from tests.instrument import command

SCENES = ("sea", "kitchen", "forest", "city_street", "rain", "clock_watch", "mountain", "dog")
SHOT_S, FPS, RATE = 2.5, 10, 48000


def main() -> None:
    """Render the scenes one after the other and print the steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    video = cv2.VideoWriter(str(folder / "camera.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), FPS, (256, 192))
    for scene in SCENES:
        photograph = cv2.resize(cv2.imread(str(sorted((args.data / "scenes" / scene).glob("*.jpg"))[2])), (256, 192))
        for _ in range(int(SHOT_S * FPS)):
            video.write(photograph)
    video.release()
    soundfile.write(folder / "mic.wav", np.zeros(int(len(SCENES) * SHOT_S * RATE)), RATE)
    done = subprocess.run(command("render", "--camera", folder / "camera.mp4", "--mic", folder / "mic.wav", "--out",
                                  folder / "out.wav", "--json"), capture_output=True, text=True, check=True)
    happened = json.loads(done.stdout)
    samples, _ = soundfile.read(folder / "out.wav")
    steps = np.abs(np.diff(samples, axis=0)).max(axis=1)
    library = Library.open(shipped_library())
    played = {start["clip"] for start in happened["layers"]}
    own = max(float(np.abs(np.diff(library.load(i, RATE), axis=0)).max())
              for i, clip in enumerate(library.clips) if str(clip.file) in played)
    print(json.dumps({
        "cuts": happened["cuts"], "clips": len(played),
        "largest_step_after_each_cut": [round(float(steps[int(t * RATE):int((t + 1) * RATE)].max()), 4)
                                        for t in happened["cuts"]],
        "largest_step": round(float(steps.max()), 4), "largest_step_of_a_clip_alone": round(own, 4)}, indent=1))


if __name__ == "__main__":
    main()
