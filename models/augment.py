"""What may happen to a picture before a camera shows it, and to a sound before a microphone hears it."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def pictures(batch: Tensor, side: int, generator: Generator) -> Tensor:
    """uint8 [N,H,W,3] -> float32 [N,3,side,side] in -1..1: crop, mirror, tilt, colour, blur, low light, noise."""
    n = len(batch)
    x = batch.permute(0, 3, 1, 2).float() / 255
    x = F.grid_sample(x, _crops(n, side, generator), mode="bilinear", padding_mode="reflection", align_corners=False)
    x = _blur(x, generator)
    contrast, saturation = (_uniform(n, generator, 0.6, 1.4).view(n, 1, 1, 1) for _ in range(2))
    x = x + (saturation - 1) * (x - x.mean(1, keepdim=True))
    x = x + (contrast - 1) * (x - x.mean([1, 2, 3], keepdim=True))
    cast = 1 + 0.08 * torch.randn(n, 3, 1, 1, generator=generator)
    # gamma and gain: one picture in six is as dark as a street at night
    dark = (torch.rand(n, 1, 1, 1, generator=generator) < 1 / 6).float()
    dimmed = 1 - dark * _uniform(n, generator, 0.3, 0.85).view(n, 1, 1, 1)
    gain = _uniform(n, generator, 0.75, 1.25).view(n, 1, 1, 1) * dimmed
    gamma = torch.exp(0.25 * torch.randn(n, 1, 1, 1, generator=generator))
    x = (x * cast * gain).clamp(1e-4, 1) ** gamma
    grain = 0.08 * torch.rand(n, 1, 1, 1, generator=generator) ** 2
    x = x + grain * (torch.rand(n, 1, side, side, generator=generator) - 0.5) * 2
    return x.clamp(0, 1) * 2 - 1


def _crops(n: int, side: int, generator: Generator) -> Tensor:
    """Sampling grids [n,side,side,2] of crops: 0.35 to 1 of the area, aspect 2:3 to 3:2, half of them mirrored."""
    area = _uniform(n, generator, 0.35, 1.0)
    aspect = torch.exp(_uniform(n, generator, math.log(2 / 3), math.log(1.5)))
    width = (area * aspect).sqrt().clamp_max(1)
    height = (area / aspect).sqrt().clamp_max(1)
    mirror = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    tilt = 0.06 * torch.randn(n, generator=generator)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = width * mirror * tilt.cos()
    theta[:, 0, 1] = -width * tilt.sin()
    theta[:, 1, 0] = height * mirror * tilt.sin()
    theta[:, 1, 1] = height * tilt.cos()
    theta[:, 0, 2] = (1 - width) * _uniform(n, generator, -1, 1)
    theta[:, 1, 2] = (1 - height) * _uniform(n, generator, -1, 1)
    return F.affine_grid(theta, [n, 3, side, side], align_corners=False)


def _blur(x: Tensor, generator: Generator) -> Tensor:
    """Every second picture loses detail, as in a small or unsharp original."""
    side = x.shape[2]
    small = max(8, int(side * float(_uniform(1, generator, 0.35, 1.0))))
    chosen = torch.rand(len(x), generator=generator) < 0.5
    soft = F.interpolate(x[chosen], size=small, mode="area")
    x[chosen] = F.interpolate(soft, size=side, mode="bilinear", align_corners=False)
    return x


def mixup(x: Tensor, target: Tensor, strength: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Blend each item [N,...] and its target [N,C] with another of the batch (Zhang et al. 2018, "mixup")."""
    share = torch.rand(len(x), generator=generator) ** (1 / strength) / 2  # mostly near 0, at most one half
    other = torch.randperm(len(x), generator=generator)
    wide = share.view(-1, *[1] * (x.dim() - 1))
    return x + wide * (x[other] - x), target + share[:, None] * (target[other] - target)


def sound(wave: Tensor, rate: int, seconds: float, generator: Generator) -> Tensor:
    """float32 [T] -> [rate * seconds]: speed 0.8 to 1.25, a random place in time, spectral tilt, noise.

    The level is left as it is: the ear evens it out.
    """
    speed = math.exp(float(_uniform(1, generator, math.log(0.8), math.log(1.25))))
    length = int(rate * seconds)
    need = int(length * speed)
    if len(wave) < need:
        wave = wave.repeat(-(-need // len(wave)))
    start = int(float(torch.rand(1, generator=generator)) * (len(wave) - need))
    wave = F.interpolate(wave[None, None, start : start + need], size=length, mode="linear", align_corners=False)[0, 0]
    # +-4 dB per octave around 1 kHz and a random high cut
    spectrum = torch.fft.rfft(wave)
    frequency = torch.linspace(1, rate / 2, len(spectrum))
    tilt = float(_uniform(1, generator, -0.6, 0.6))
    cut = math.exp(float(_uniform(1, generator, math.log(3000), math.log(16000))))
    gain = (frequency / 1000).clamp_min(0.05) ** tilt / (1 + (frequency / cut) ** 4).sqrt()
    wave = torch.fft.irfft(spectrum * gain, n=length)
    # coloured noise 5 to 40 dB below
    colour = float(_uniform(1, generator, -1.0, 0.0))
    noise = torch.fft.rfft(torch.randn(length, generator=generator)) * (frequency / 1000).clamp_min(0.02) ** colour
    noise = torch.fft.irfft(noise, n=length)
    ratio = 10 ** (-float(_uniform(1, generator, 5, 40)) / 20)
    return wave + noise * ratio * rms(wave) / rms(noise)


def rms(wave: Tensor) -> Tensor:
    """Root mean square over time, at least 1e-6."""
    return wave.square().mean(-1, keepdim=True).sqrt().clamp_min(1e-6)


def _uniform(n: int, generator: Generator, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(n, generator=generator)
