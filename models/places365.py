"""The public SqueezeNet-Places365 weights: our teacher, and a yardstick for the eye.

`python -m models.places365 WEIGHTS_DIR -o FILE.ts` writes them as a model file of kind eye, for private use: the
weights state no licence, so no release may hold that file.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file

from .export import Manifest, save_model
from .networks.joint import EMBEDDING
from .networks.squeezenet import SqueezeNetPlaces365

WEIGHTS_FILE = "squeezenet_places365.safetensors"
CATEGORIES_FILE = "categories_places365.txt"


def read_classes(folder: Path) -> list[str]:
    """The 365 class names in the order of the network's outputs, such as `abbey` or `church/outdoor`.

    A line of the file reads `/a/abbey 0`: the leading letter and the index go.
    """
    lines = (folder / CATEGORIES_FILE).read_text(encoding="utf-8").splitlines()
    return [line.split(" ")[0][3:] for line in lines if line]


def load_teacher(folder: Path) -> SqueezeNetPlaces365:
    """The network with the public weights, in evaluation mode. Raises FileNotFoundError where they are missing."""
    network = SqueezeNetPlaces365()
    own = {"conv10.weight", "conv10.bias", "mean_image_bgr"}
    weights = load_file(str(folder / WEIGHTS_FILE))
    named = {name if name in own else f"trunk.{name}": values for name, values in weights.items()}
    network.load_state_dict(named, strict=False)  # lacks the batch counters and the basis of the joint space
    return network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.places365", description=__doc__)
    parser.add_argument("weights", type=Path, metavar="WEIGHTS_DIR", help=f"holds {WEIGHTS_FILE}, {CATEGORIES_FILE}")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.ts", help="the model file to write")
    arguments = parser.parse_args()
    manifest = Manifest(
        kind="eye",
        name="squeezenet-places365",
        classes=read_classes(arguments.weights),
        embedding=EMBEDDING,
        data="Places365-Standard (MIT CSAIL)",
        licence="weights: none stated by github.com/urbste/squeezenet_places365 (private use only)",
        metrics={"places365_top1": 0.40, "places365_top5": 0.71, "source": "the weights' own README"},
        command=f"python -m models.places365 {arguments.weights.name} -o {arguments.out.name}",
    )
    save_model(load_teacher(arguments.weights), manifest, arguments.out)
    print(arguments.out)


if __name__ == "__main__":
    main()
