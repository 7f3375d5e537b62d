"""Pairs of a second's work: reds that hum and blues that hiss, each from a source of its own."""

import torch

from models.generation.pairs import Pairs
from models.generation.spectrogram import RATE, SAMPLES

EACH = 15
HELD = 3


def tiny_pairs(side: int, wrong_picture: int = -1, wrong_sound: int = -1) -> Pairs:
    """EACH of two classes, the last HELD of each for the test; one picture and one sound may be of the other class."""
    generator = torch.Generator().manual_seed(0)
    label = torch.arange(2).repeat_interleave(EACH)
    looks, sounds = label.clone(), label.clone()
    for wrong, what in ((wrong_picture, looks), (wrong_sound, sounds)):
        if wrong >= 0:
            what[wrong] = 1 - what[wrong]
    colours = torch.tensor([[220.0, 40.0, 30.0], [30.0, 60.0, 220.0]])[looks].view(-1, 3, 1, 1)
    pixels = (colours + 25 * torch.randn(2 * EACH, 3, side, side, generator=generator)).clamp(0, 255).byte()
    time = torch.arange(SAMPLES) / RATE
    hum = 0.4 * torch.sin(2 * torch.pi * 200 * (1 + torch.arange(2 * EACH)[:, None] / 100) * time)
    hiss = 0.2 * torch.randn(2 * EACH, SAMPLES, generator=generator)
    waves = torch.where(sounds[:, None] == 0, hum, hiss).clamp(-1, 1)
    test = torch.arange(2 * EACH) % EACH >= EACH - HELD
    return Pairs(("red", "blue"), pixels, label, test, (waves * 32767).short(), label, test,
                 torch.arange(2 * EACH), torch.full((2 * EACH,), -1))  # fmt: skip
