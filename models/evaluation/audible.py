"""What is left of spectrograms when they have been made audible: what is heard of them is analysed anew."""

import torch
from torch import Tensor
from tqdm import tqdm

from engine.voice.griffin_lim import sound_of
from engine.voice.mel import magnitudes, power_of

from ..generation.spectrogram import SAMPLES, log_mel


def heard_again(spectrograms: Tensor) -> Tensor:
    """[N,128,44] in 0..1 -> the log-mel spectrograms [N,128,44] of half a second of the sound that each becomes."""
    bar = tqdm(spectrograms, desc="listening", unit="sound", disable=None, leave=False)
    sounds = [sound_of(magnitudes(power_of(one.numpy())), seed)[:SAMPLES] for seed, one in enumerate(bar)]
    return torch.cat([log_mel(torch.from_numpy(sound)[None]) for sound in sounds])
