"""The public SqueezeNet-Places365 weights answer as their authors' network does."""

import json
from pathlib import Path

import pytest
import torch

from models.convert import convert
from models.export import load_model
from models.pictures import read_picture
from models.places365 import CATEGORIES_FILE, WEIGHTS_FILE, load_teacher, read_classes


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    folder = shared_data / "places365"
    for name in (WEIGHTS_FILE, CATEGORIES_FILE, "reference_top5.json"):
        if not (folder / name).exists():
            pytest.skip(f"the Places365 weights are not all there: {folder / name} is missing")
    return folder


def test_reference_photographs_get_the_reference_probabilities(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "teacher.ts"
    convert("places365", folder / WEIGHTS_FILE, file, command="")
    stored, manifest = load_model(file)
    exact = load_teacher(folder)
    assert manifest["kind"] == "eye" and manifest["classes"] == read_classes(folder)
    lines = (folder / CATEGORIES_FILE).read_text(encoding="utf-8").splitlines()
    index = {line.split()[0]: int(line.split()[1]) for line in lines if line}
    reference = json.loads((folder / "reference_top5.json").read_text(encoding="utf-8"))
    assert reference
    for name, expected in reference.items():
        frames = torch.from_numpy(read_picture(folder / name))[None]
        with torch.inference_mode():
            answers = (exact(frames)[0].exp()[0], stored(frames)[0].exp()[0])
        for p in answers:
            assert p.topk(5).indices.tolist() == [index[category] for category, _ in expected]
            for category, probability in expected:
                assert float(p[index[category]]) == pytest.approx(probability, abs=0.002), (name, category)


def test_class_names_lose_their_letter_and_index(folder: Path) -> None:
    classes = read_classes(folder)
    assert len(classes) == 365
    assert classes[0] == "airfield" and "church/outdoor" in classes
