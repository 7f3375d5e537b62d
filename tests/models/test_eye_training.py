"""The eye's training changes what it should and leaves the ImageNet blocks alone."""

from pathlib import Path

import pytest
import torch

from models.data import Picture
from models.networks.eye import Eye
from models.networks.mobilenet import MobileNetV2
from models.pictures import SIDE
from models.tflite_weights import MOBILENET_FILE, load_mobilenet
from models.train_eye import FROZEN, EyeData, sharpen, train_eye


def test_training_tunes_the_upper_blocks_alone(shared_data: Path, tmp_path: Path) -> None:
    if not (shared_data / MOBILENET_FILE).exists():
        pytest.skip(f"the ImageNet weights are missing: {shared_data / MOBILENET_FILE}")
    pictures = [Picture(Path(f"{i}.png"), f"set/{i % 2}", held_out=False) for i in range(128)]
    pixels = torch.randint(0, 256, (128, SIDE, SIDE, 3), dtype=torch.uint8)
    targets = torch.eye(365)[torch.arange(128) % 2]
    data = EyeData(pictures, pixels, targets, targets, paired=set())
    eye = train_eye(data, shared_data, tmp_path, tmp_path / "run", epochs=2)
    initial = MobileNetV2()
    load_mobilenet(initial, shared_data)
    for i, (trained, before) in enumerate(zip(eye.trunk.blocks, initial.blocks, strict=True)):
        same = all(torch.equal(a, b) for a, b in zip(trained.parameters(), before.parameters(), strict=True))
        assert same == (i < FROZEN), i
    log_p, _ = eye(pixels[:8])
    assert torch.isfinite(log_p).all()
    assert log_p.exp()[:, :2].sum() > 2 * log_p.exp()[:, 2:4].sum()  # it has seen nothing but the first two places


def test_sharpening_raises_the_probabilities_to_a_power() -> None:
    eye = Eye().eval()
    x = torch.rand(3, 3, 128, 128) * 2 - 1
    with torch.inference_mode():
        before = eye.classify(x)
    sharpen(eye, 2.0)
    with torch.inference_mode():
        after = eye.classify(x)
    torch.testing.assert_close(after, (2 * before).log_softmax(1), atol=1e-4, rtol=0)
