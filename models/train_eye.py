"""Training of the eye: MobileNet v2 from ImageNet, distilled from the Places365 teacher on all photographs at hand."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor
from tqdm import tqdm

from . import augment
from .data import Picture, read_pictures, read_rendered_pictures, read_themes
from .export import Manifest, save_model
from .networks.eye import SIDE, Eye
from .networks.joint import EMBEDDING
from .pictures import PictureSet, prepare
from .places365 import load_teacher, read_classes
from .targets import eye_targets, rendered_targets
from .tflite_weights import load_mobilenet
from .training import Average, Run, kl, warm_cosine

BATCH = 64
FROZEN = 4  # the first blocks, those of 64 and 32 pixels a side, keep their ImageNet weights


@dataclass
class EyeData:
    """Photographs (and drawn pictures) with the distributions [N,365] that the eye should give them."""

    pictures: list[Picture]
    pixels: Tensor
    teacher: Tensor
    targets: Tensor

    def indices(self, held_out: bool) -> Tensor:
        return torch.tensor([i for i, picture in enumerate(self.pictures) if picture.held_out == held_out])


def read_eye_data(data: Path, cache: Path, rendered: Path | None = None) -> EyeData:
    """Decode and label everything under the data folder, and under `rendered` (one folder per theme)."""
    classes = read_classes(data / "places365")
    teacher = load_teacher(data / "places365")
    pictures = read_pictures(data)
    photographs = prepare([picture.file for picture in pictures], teacher, cache)
    targets = eye_targets(pictures, photographs.teacher, classes)
    if rendered is None:
        return EyeData(pictures, photographs.pixels, photographs.teacher, targets)
    drawn = read_rendered_pictures(rendered)
    drawings: PictureSet = prepare([picture.file for picture in drawn], teacher, cache)
    drawn_targets = rendered_targets(drawn, pictures, targets, read_themes(data))
    return EyeData(
        pictures + drawn,
        torch.cat([photographs.pixels, drawings.pixels]),
        torch.cat([photographs.teacher, drawings.teacher]),
        torch.cat([targets, drawn_targets]),
    )


def train_eye(data: EyeData, source: Path, checkpoint: Path, epochs: int, rate: float = 6e-4, seed: int = 0) -> Eye:
    """Distil for `epochs` from the ImageNet weights under `source`; goes on from `checkpoint` where it exists."""
    torch.manual_seed(seed)
    eye = Eye()
    load_mobilenet(eye.trunk, source)
    eye.trunk.blocks[:FROZEN].requires_grad_(False)
    eye = eye.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    train = data.indices(held_out=False)
    eye.joint.fit(data.targets[train])
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in eye.trunk.parameters() if p.requires_grad], "peak": rate},
            {"params": eye.places.parameters(), "peak": 5 * rate},
        ],
        lr=rate,
        weight_decay=0.02,
    )
    run = Run(eye, Average(eye, 0.998), optimizer, Generator().manual_seed(seed), checkpoint)
    run.resume()
    batches = len(train) // BATCH
    for epoch in range(run.epoch, epochs):
        eye.train()
        order = train[torch.randperm(len(train), generator=run.generator)]
        progress = tqdm(range(batches), desc=f"eye {epoch + 1}/{epochs}", unit="batch")
        for i in progress:
            chosen = order[i * BATCH : (i + 1) * BATCH]
            x = augment.pictures(data.pixels[chosen], SIDE, run.generator)
            factor = warm_cosine(epoch * batches + i, epochs * batches, warm=100)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor
            with torch.autocast("cpu", torch.bfloat16):
                log_p = eye.classify(x)
            loss = kl(data.targets[chosen], log_p.float())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(eye.parameters(), 5.0)
            optimizer.step()
            run.average.update(eye)
            if i % 20 == 0:
                progress.set_postfix(kl=f"{loss.item():.3f}")
        run.epoch = epoch + 1
        run.save()
        tqdm.write(f"epoch {epoch + 1}: {held_out_metrics(run.average.network, data)}")
    return run.average.network  # type: ignore[return-value]


def held_out_metrics(eye: torch.nn.Module, data: EyeData) -> dict[str, float]:
    """KL to the targets and share of held-out pictures whose likeliest class is that of the teacher."""
    held = data.indices(held_out=True)
    with torch.inference_mode():
        log_p = torch.cat([eye(data.pixels[part])[0] for part in held.split(128)])
    return {
        "kl": round(float(kl(data.targets[held], log_p)), 4),
        "teacher_kl": round(float(kl(data.teacher[held], log_p)), 4),
        "teacher_agreement": round(float((log_p.argmax(1) == data.teacher[held].argmax(1)).float().mean()), 4),
    }


def run(options: argparse.Namespace, checkpoint: Path) -> None:
    """The command `models.train eye`."""
    data = read_eye_data(options.data, options.cache, options.rendered_pictures)
    eye = train_eye(data, options.data, checkpoint, options.epochs, seed=options.seed)
    manifest = Manifest(
        kind="eye",
        name="eye-mobilenet2",
        classes=read_classes(options.data / "places365"),
        embedding=EMBEDDING,
        data="MiniPlaces (100 classes), Caltech-101, Intel scenes, Tiny ImageNet and other photographs; drawn scenes",
        licence="Apache-2.0; initialised from MobileNet v2 (ImageNet), Apache-2.0, The TensorFlow Authors",
        metrics={"held_out": held_out_metrics(eye, data)},
        command=f"python -m models.train eye --data DIR --epochs {options.epochs} --seed {options.seed}",
    )
    save_model(eye, manifest, options.out)
