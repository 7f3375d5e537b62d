"""The log-mel spectrogram of Chen et al. 2017, "Deep Cross-Modal Audio-Visual Generation", section 4: half a second of
sound at 44.1 kHz becomes 128 mel bands by 44 frames.

The paper gives the window (2048) and the hop (512); 44 frames mean that they are centred. How the decibels are scaled
it does not say: ours are relative to the loudest point and end `TOP_DB` below.
"""

import math
from functools import cache

import torch
from torch import Tensor

RATE = 44_100
SAMPLES = 22_050
FFT = 2048
HOP = 512
MELS = 128
FRAMES = 44
TOP_DB = 80.0
_FLOOR = 1e-10


def power_spectrogram(wave: Tensor) -> Tensor:
    """wave float32 [N,T] at RATE -> power [N, FFT/2+1, 1+T//HOP], Hann windows, centred, zeros beyond the ends."""
    window = torch.hann_window(FFT, device=wave.device)
    spectrum = torch.stft(wave, FFT, HOP, window=window, center=True, pad_mode="constant", return_complex=True)
    return spectrum.abs().square()


def decibels(power: Tensor) -> Tensor:
    """power [N,...] -> 0..1 over the TOP_DB below the loudest point of each; silence is 0 everywhere."""
    loudest = power.flatten(1).amax(1).clamp_min(_FLOOR).view(-1, *[1] * (power.dim() - 1))
    level = 10 * torch.log10(power.clamp_min(_FLOOR) / loudest)
    return torch.where(loudest > _FLOOR, (level / TOP_DB + 1).clamp(0, 1), 0.0)


def log_mel(wave: Tensor) -> Tensor:
    """wave float32 [N,T] at RATE -> [N,128,1+T//512] in 0..1 (see `decibels`), the lowest band first."""
    return decibels(mel_filters().to(wave.device) @ power_spectrogram(wave))


@cache
def mel_filters() -> Tensor:
    """Slaney's triangles of equal area, float32 [MELS, FFT/2+1], as librosa.filters.mel draws them by default."""
    hertz = torch.linspace(0, RATE / 2, FFT // 2 + 1, dtype=torch.float64)
    edges = _hertz(torch.linspace(0, _mel(RATE / 2), MELS + 2, dtype=torch.float64))
    width = edges.diff()
    rise = (hertz - edges[:-2, None]) / width[:-1, None]
    fall = (edges[2:, None] - hertz) / width[1:, None]
    triangles = torch.minimum(rise, fall).clamp_min(0)
    return (triangles * (2 / (edges[2:] - edges[:-2]))[:, None]).float()


def _mel(hertz: float) -> float:
    """Linear below 1 kHz, logarithmic above (Slaney 1998, "Auditory Toolbox")."""
    return hertz * 3 / 200 if hertz < 1000 else 15 + math.log(hertz / 1000) * 27 / math.log(6.4)


def _hertz(mel: Tensor) -> Tensor:
    return torch.where(mel < 15, mel * 200 / 3, 1000 * torch.exp((mel - 15) * math.log(6.4) / 27))
