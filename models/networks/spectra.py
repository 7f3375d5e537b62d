"""What a network can hear a sound as: the five spectra of Chen et al. 2017, "Deep Cross-Modal Audio-Visual Generation",
table 1, each a module so that it lies within the model file.

All take wave float32 [N,T] mono at 44.1 kHz and give float32 [N,bands,1+T//512]. What the paper doesn't tell (scale,
bands of STFT and MFCC) is chosen so that one network can learn from any of them.
"""

import math
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..generation.spectrogram import FFT, HOP, MELS, RATE, TOP_DB, mel_filters

LOWEST = 32.703
"""Hz, the note C1 that the constant-Q spectrum begins with, as librosa.cqt does."""
NOTES = 84
CEPSTRA = 20


class Power(nn.Module):
    """wave [N,T] -> power [N,1025,frames]: Hann windows of 2048 samples every 512, centred, zeros beyond the ends."""

    window: Tensor
    fft: Final[int] = FFT
    hop: Final[int] = HOP

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(FFT), persistent=False)

    def forward(self, wave: Tensor) -> Tensor:
        spectrum = torch.stft(
            wave, self.fft, self.hop, window=self.window, center=True, pad_mode="constant", return_complex=True
        )
        return spectrum.abs().square()


class Decibels(nn.Module):
    """power [N,bands,frames] -> 0..1 over the 80 dB below the loudest point of each; silence is 0 everywhere."""

    range: Final[float] = TOP_DB

    def forward(self, power: Tensor) -> Tensor:
        loudest = power.flatten(1).amax(1).clamp_min(1e-10)[:, None, None]
        level = 10.0 * torch.log10(power.clamp_min(1e-10) / loudest)
        return torch.where(loudest > 1e-10, (level / self.range + 1.0).clamp(0.0, 1.0), torch.zeros_like(level))


class LogMel(nn.Module):
    """LMS: 128 mel bands in decibels; the same as generation.spectrogram.log_mel."""

    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filters", mel_filters(), persistent=False)
        self.power = Power()
        self.decibels = Decibels()

    def forward(self, wave: Tensor) -> Tensor:
        return self.decibels(self.filters @ self.power(wave))


class Stft(nn.Module):
    """STFT: magnitudes of the 1024 lower bins, each 8 of them averaged into one of 128 bands."""

    def __init__(self) -> None:
        super().__init__()
        self.power = Power()

    def forward(self, wave: Tensor) -> Tensor:
        bands = self.power(wave)[:, :1024].sqrt().unflatten(1, (128, 8)).mean(2)
        return relative(bands)


class Mel(nn.Module):
    """MS: magnitudes of the 128 mel bands."""

    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filters", mel_filters(), persistent=False)
        self.power = Power()

    def forward(self, wave: Tensor) -> Tensor:
        return relative((self.filters @ self.power(wave)).sqrt())


class ConstantQ(nn.Module):
    """CQT: 84 semitones from C1 in decibels, 12 an octave (Brown 1991, "Calculation of a constant Q spectral
    transform"); notes whose window would be longer than half a second are cut to it."""

    real: Tensor
    imaginary: Tensor
    hop: Final[int] = HOP
    reach: Final[int]

    def __init__(self) -> None:
        super().__init__()
        self.reach = RATE // 4
        real, imaginary = constant_q(2 * self.reach)
        self.register_buffer("real", real, persistent=False)
        self.register_buffer("imaginary", imaginary, persistent=False)
        self.decibels = Decibels()

    def forward(self, wave: Tensor) -> Tensor:
        x = F.pad(wave, [self.reach, self.reach]).unsqueeze(1)
        power = F.conv1d(x, self.real, stride=self.hop).square() + F.conv1d(x, self.imaginary, stride=self.hop).square()
        return self.decibels(power)


class Mfcc(nn.Module):
    """MFCC: 20 coefficients of the LMS (orthonormal DCT-II over the bands)."""

    transform: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.mel = LogMel()
        band, coefficient = torch.arange(MELS) + 0.5, torch.arange(CEPSTRA)[:, None]
        rows = torch.cos(math.pi / MELS * band * coefficient) * math.sqrt(2 / MELS)
        rows[0] /= math.sqrt(2)
        self.register_buffer("transform", rows, persistent=False)

    def forward(self, wave: Tensor) -> Tensor:
        return self.transform @ self.mel(wave)


SPECTRA: dict[str, type[nn.Module]] = {"lms": LogMel, "stft": Stft, "ms": Mel, "cqt": ConstantQ, "mfcc": Mfcc}


def relative(magnitude: Tensor) -> Tensor:
    """[N,bands,frames] -> 0..1, divided by the loudest point of each; silence is 0."""
    return magnitude / magnitude.flatten(1).amax(1).clamp_min(1e-10)[:, None, None]


def constant_q(length: int) -> tuple[Tensor, Tensor]:
    """Real and imaginary kernels float32 [NOTES,1,length], Hann windows of Q periods in the middle.

    Their sum is that of the other spectra's window, so that a tone has the same power.
    """
    frequency = LOWEST * 2 ** (torch.arange(NOTES, dtype=torch.float64)[:, None] / 12)
    quality = 1 / (2 ** (1 / 12) - 1)
    time = torch.arange(length, dtype=torch.float64) - length // 2
    width = (quality * RATE / frequency).clamp_max(length)
    hann = torch.where(time.abs() < width / 2, 0.5 + 0.5 * torch.cos(2 * math.pi * time / width), 0.0)
    hann = hann * (FFT / 2 / hann.sum(1, keepdim=True))
    phase = 2 * math.pi * frequency * time / RATE
    return ((hann * torch.cos(phase)).float()[:, None], (hann * torch.sin(phase)).float()[:, None])
