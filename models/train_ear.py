"""Training of the ear: YAMNet's trunk as it is, and a classifier that learns to answer a sound as the eye answers
pictures of the same theme.

Kajihara et al. 2019, "Imaginary Soundscape"; Aytar et al. 2016, "SoundNet" (the Kullback-Leibler divergence from the
visual teacher's distribution, with no labels but the pairing).
"""

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor
from tqdm import tqdm

from .data import (
    Theme,
    read_pictures,
    read_rendered_pictures,
    read_rendered_sounds,
    read_sounds,
    read_themes,
    with_rendered_pictures,
)
from .export import Manifest, load_model, run_in_batches, save_model
from .networks.ear import Ear
from .networks.joint import EMBEDDING
from .networks.yamnet import RATE, WINDOW
from .pictures import prepare as prepare_pictures
from .places365 import load_teacher, read_classes
from .sounds import prepare as prepare_sounds
from .tflite_weights import load_yamnet
from .training import Average, Run, kl, warm_cosine

BATCH = 128
SMOOTHING = 0.1  # share of the mean over all sounds in every target: no sound is sure of what it is not
OWN = 3.0  # how much more often a synthesised sound comes up than a recording: the instrument plays them most
PICTURES = 4  # pictures drawn for each sound; their mean is what it should answer


@dataclass
class EarData:
    """Sounds as trunk features, what the eye should answer to pictures, and which may meet."""

    features: Tensor  # half [S,V,K,1024]
    weights: Tensor  # [S,V,K]
    answers: Tensor  # [P,365] probabilities, of the eye
    sound_categories: list[str]
    own: list[bool]  # synthesised by the instrument
    picture_categories: list[str]
    themes: list[Theme]
    basis: Tensor  # [365,128], the eye's joint space
    classes: list[str]

    def partners(self) -> list[list[Tensor]]:
        """For each sound, the pictures of each of its themes."""
        pictures = {
            theme.name: torch.tensor([i for i, c in enumerate(self.picture_categories) if c in theme.pictures])
            for theme in self.themes
        }
        return [
            [pictures[theme.name] for theme in self.themes if category in theme.sounds and len(pictures[theme.name])]
            for category in self.sound_categories
        ]


def read_ear_data(options: argparse.Namespace, ear: Ear) -> EarData:
    """Everything that is trained on: the held-out pictures and recordings are not among it."""
    themes = read_themes(options.data)
    classes = read_classes(options.data / "places365")
    eye, _ = load_model(options.eye)
    teacher = load_teacher(options.data / "places365")
    picture_sets = [read_pictures(options.data)]
    sound_sets = [[s for s in read_sounds(options.data) if not s.held_out]]
    if options.rendered_pictures:
        picture_sets.append(read_rendered_pictures(options.rendered_pictures))
        themes = with_rendered_pictures(themes, options.rendered_pictures)
    if options.rendered_sounds:
        sound_sets.append([s for s in read_rendered_sounds(options.rendered_sounds) if not s.held_out])
    answers, shown = [], []
    for pictures in picture_sets:
        chosen = [i for i, p in enumerate(pictures) if not p.held_out and any(p.category in t.pictures for t in themes)]
        pixels = prepare_pictures([p.file for p in pictures], teacher, options.cache).pixels
        answers.append(run_in_batches(eye, pixels[chosen])[0].exp())
        shown += [pictures[i].category for i in chosen]
    prepared = [prepare_sounds(one, ear, options.cache, options.seed) for one in sound_sets]
    return EarData(
        torch.cat([p["features"] for p in prepared]),
        torch.cat([p["weights"] for p in prepared]),
        torch.cat(answers),
        [sound.category for one in sound_sets for sound in one],
        [bool(own) for own, one in enumerate(sound_sets) for _ in one],
        shown,
        themes,
        eye.joint.basis,
        classes,
    )


def train_ear(data: EarData, ear: Ear, checkpoint: Path, epochs: int, rate: float = 1e-3, seed: int = 0) -> Ear:
    """Fit the classifier for `epochs`; goes on from `checkpoint` where it exists."""
    torch.manual_seed(seed)
    ear.joint.basis.copy_(data.basis)
    flat = data.features.flatten(0, 2).float()
    ear.norm.running_mean.copy_(flat.mean(0))  # type: ignore[union-attr]
    ear.norm.running_var.copy_(flat.var(0) + 0.01)  # type: ignore[union-attr]
    ear.trunk.requires_grad_(False)
    partners = data.partners()
    paired = [i for i, themes in enumerate(partners) if themes]
    counts = Counter(data.sound_categories[i] for i in paired)
    # rare categories come up more often, but less than equally often: they hold few recordings
    share = torch.tensor([counts[data.sound_categories[i]] ** -0.5 * (OWN if data.own[i] else 1) for i in paired])
    prior = torch.stack([data.answers[torch.cat(partners[i])].mean(0) for i in paired]).mean(0)
    optimizer = torch.optim.AdamW(ear.places.parameters(), lr=rate, weight_decay=0.1)
    run = Run(ear, Average(ear, 0.995), optimizer, Generator().manual_seed(seed), checkpoint)
    run.resume()
    copies = data.features.shape[1]
    batches = max(1, len(paired) * copies // BATCH)
    for epoch in range(run.epoch, epochs):
        ear.eval()
        ear.dropout.train()
        progress = tqdm(range(batches), desc=f"ear {epoch + 1}/{epochs}", unit="batch")
        for i in progress:
            drawn = torch.multinomial(share, BATCH, replacement=True, generator=run.generator)
            rows = torch.tensor([paired[int(d)] for d in drawn])
            copy = torch.randint(copies, (BATCH,), generator=run.generator)
            target = torch.stack([_meet(partners[int(row)], data.answers, run.generator) for row in rows])
            target = (1 - SMOOTHING) * target + SMOOTHING * prior
            for group in optimizer.param_groups:
                group["lr"] = rate * warm_cosine(epoch * batches + i, epochs * batches, warm=20)
            loss = kl(target, ear.classify(data.features[rows, copy].float(), data.weights[rows, copy]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.average.update(ear)
            if i % 20 == 0:
                progress.set_postfix(kl=f"{loss.item():.3f}")
        run.epoch = epoch + 1
        run.save()
    return run.average.network  # type: ignore[return-value]


def _meet(themes: list[Tensor], answers: Tensor, generator: Generator) -> Tensor:
    """The mean answer [365] to a few random pictures of one of the themes."""
    pictures = themes[int(torch.randint(len(themes), (1,), generator=generator))]
    return answers[pictures[torch.randint(len(pictures), (PICTURES,), generator=generator)]].mean(0)


def run(options: argparse.Namespace, checkpoint: Path) -> None:
    """The command `models.train ear`."""
    ear = Ear().eval()
    load_yamnet(ear.trunk, options.data)
    data = read_ear_data(options, ear)
    trained = train_ear(data, ear, checkpoint, options.epochs, seed=options.seed)
    manifest = Manifest(
        kind="ear",
        name="ear-yamnet",
        classes=data.classes,
        embedding=EMBEDDING,
        data="ESC-10, UrbanSound8K excerpts and ambience recordings, paired with photographs; synthesised sounds",
        licence="Apache-2.0; trunk from YAMNet (AudioSet), Apache-2.0, The TensorFlow Authors",
        metrics={},
        command="python -m models.train ear --data DIR --rendered-pictures DIR --rendered-sounds DIR "
        f"--epochs {options.epochs}",
        rate=RATE,
        window_s=WINDOW / RATE,
        latency_s=WINDOW / RATE,
    )
    save_model(trained, manifest, options.out)
