"""Training of the eye: MobileNet v2 from ImageNet, distilled from the Places365 teacher on all photographs at hand."""

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor
from tqdm import tqdm

from . import augment
from .data import Picture, read_pictures, read_rendered_pictures, read_themes
from .export import Manifest, save_model
from .networks.eye import SIDE, Eye
from .networks.joint import EMBEDDING
from .pictures import prepare
from .places365 import load_teacher, read_classes
from .targets import eye_targets
from .tflite_weights import load_mobilenet
from .training import Average, Run, kl, warm_cosine

BATCH = 64
FROZEN = 11  # the first blocks, down to maps of 8 x 8, keep their ImageNet weights
VARIANTS = 1  # altered copies of each picture
MIXUP = 0.15
SHARPNESS = 1.5  # of the finished eye, which is then as sure of unseen pictures as its targets are; doubt spread thin
# over many places would let the sound win that is least wrong anywhere, not the one that fits


@dataclass
class EyeData:
    """Photographs (and drawn pictures) with the distributions [N,365] that the eye should give them."""

    pictures: list[Picture]
    pixels: Tensor
    teacher: Tensor
    targets: Tensor
    paired: set[str]  # the categories that pairs.csv gives a sound

    def indices(self, held_out: bool) -> Tensor:
        return torch.tensor([i for i, picture in enumerate(self.pictures) if picture.held_out == held_out])


def read_eye_data(data: Path, cache: Path, rendered: Path | None = None) -> EyeData:
    """Decode and label everything under the data folder, and under `rendered` (one folder per scene)."""
    classes = read_classes(data / "places365")
    teacher = load_teacher(data / "places365")
    sets = [read_pictures(data)]
    if rendered:
        sets.append(read_rendered_pictures(rendered))
    decoded = [prepare([picture.file for picture in one], teacher, cache) for one in sets]
    pictures = [picture for one in sets for picture in one]
    opinions = torch.cat([one.teacher for one in decoded])
    pixels = torch.cat([one.pixels for one in decoded])
    paired = {category for theme in read_themes(data) for category in theme.pictures}
    return EyeData(pictures, pixels, opinions, eye_targets(pictures, opinions, classes), paired)


def stem_maps(eye: Eye, data: EyeData, variant: int, cache: Path, seed: int) -> Tensor:
    """What the frozen blocks make of one altered copy of each training picture, half [N,64,8,8]; kept in `cache`."""
    train = data.indices(held_out=False)
    collections = [data.pictures[int(i)].category.split("/")[0] for i in train]
    maps = torch.empty(len(train), 64, SIDE // 16, SIDE // 16, dtype=torch.float16)
    for collection in sorted(set(collections)):
        rows = torch.tensor([i for i, name in enumerate(collections) if name == collection])
        names = "\n".join(str(data.pictures[int(i)].file) for i in train[rows])
        key = hashlib.sha256(f"{FROZEN} {seed} {variant}\n{names}".encode()).hexdigest()[:16]
        stored = cache / f"stem-{key}.safetensors"
        if not stored.exists():
            generator = Generator().manual_seed(1000 * seed + variant)
            parts = []
            for chosen in tqdm(train[rows].split(BATCH), desc=f"{collection} {variant + 1}/{VARIANTS}", unit="batch"):
                x = augment.pictures(data.pixels[chosen], SIDE, generator)
                with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                    parts.append(eye.trunk.blocks[:FROZEN](x.contiguous(memory_format=torch.channels_last)).half())
            part = stored.with_suffix(".part")
            save_file({"maps": torch.cat(parts).contiguous()}, str(part))
            part.rename(stored)
        maps[rows] = load_file(str(stored))["maps"]
    return maps


def train_eye(
    data: EyeData, source: Path, cache: Path, checkpoint: Path, epochs: int, rate: float = 1e-3, seed: int = 0
) -> Eye:
    """Distil for `epochs` from the ImageNet weights under `source`; goes on from `checkpoint` where it exists."""
    torch.manual_seed(seed)
    eye = Eye()
    load_mobilenet(eye.trunk, source)
    eye = eye.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    train = data.indices(held_out=False)
    targets = data.targets[train]
    eye.joint.fit(targets)
    eye.trunk.blocks[:FROZEN].requires_grad_(False)
    tuned = eye.trunk.blocks[FROZEN:]
    maps = [stem_maps(eye, data, variant, cache, seed) for variant in range(VARIANTS)]
    optimizer = torch.optim.AdamW(
        [{"params": tuned.parameters(), "peak": rate}, {"params": eye.places.parameters(), "peak": 3 * rate}],
        weight_decay=0.03,
    )
    run = Run(eye, Average(eye, 0.998), optimizer, Generator().manual_seed(seed), checkpoint)
    run.resume()
    batches = len(train) // BATCH
    # what has a sound counts four times: those are the places that the instrument is asked for
    share = torch.tensor([4.0 if data.pictures[int(i)].category in data.paired else 1.0 for i in train])
    for epoch in range(run.epoch, epochs):
        eye.train()
        order = torch.multinomial(share, batches * BATCH, replacement=True, generator=run.generator)
        copies = torch.randint(VARIANTS, (len(train),), generator=run.generator)
        progress = tqdm(range(batches), desc=f"eye {epoch + 1}/{epochs}", unit="batch")
        for i in progress:
            chosen = order[i * BATCH : (i + 1) * BATCH]
            x = torch.stack([maps[int(copies[row])][row] for row in chosen]).float()
            mirrored = torch.rand(len(x), generator=run.generator) < 0.5
            x[mirrored] = x[mirrored].flip(3)
            target = targets[chosen]
            factor = warm_cosine(epoch * batches + i, epochs * batches, warm=100)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor
            x, target = augment.mixup(x, target, MIXUP, run.generator)
            with torch.autocast("cpu", torch.bfloat16):  # half the time where the processor has AMX
                features = tuned(x.contiguous(memory_format=torch.channels_last)).mean([2, 3])
                logits = eye.places(eye.dropout(features))
            loss = kl(target, logits.float().log_softmax(1))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(eye.parameters(), 5.0)
            optimizer.step()
            run.average.update(eye)
            if i % 20 == 0:
                progress.set_postfix(kl=f"{loss.item():.3f}")
        run.epoch = epoch + 1
        run.save()
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


def sharpen(eye: Eye, power: float) -> None:
    """Make the eye answer with its probabilities raised to `power` and normalised again."""
    with torch.no_grad():
        eye.places.weight.mul_(power)
        eye.places.bias.mul_(power)


def run(options: argparse.Namespace, checkpoint: Path) -> None:
    """The command `models.train eye`."""
    data = read_eye_data(options.data, options.cache, options.rendered_pictures)
    eye = train_eye(data, options.data, options.cache, checkpoint, options.epochs, seed=options.seed)
    sharpen(eye, SHARPNESS)
    manifest = Manifest(
        kind="eye",
        name="eye-mobilenet2",
        classes=read_classes(options.data / "places365"),
        embedding=EMBEDDING,
        data="MiniPlaces (100 classes), Caltech-101, Intel scenes, Tiny ImageNet and other photographs; drawn scenes",
        licence="Apache-2.0; initialised from MobileNet v2 (ImageNet), Apache-2.0, The TensorFlow Authors",
        metrics={"held_out": held_out_metrics(eye, data)},
        command=f"python -m models.train eye --data DIR --rendered-pictures DIR --epochs {options.epochs}",
    )
    save_model(eye, manifest, options.out)
