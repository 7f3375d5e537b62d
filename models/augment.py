"""What may happen to a picture before a camera shows it, and to a sound before a microphone hears it."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def pictures(batch: Tensor, side: int, generator: Generator, cutout: float = 0.0) -> Tensor:
    """uint8 [N,H,W,3] -> uint8 [N,side,side,3]: crop, mirror, tilt, blur, colour, low light, noise.

    `cutout` is the share of pictures of which a square is hidden.
    """
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
    if cutout:
        x = _cut_out(x, cutout, generator)
    return (x.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1)


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


def _cut_out(x: Tensor, chance: float, generator: Generator) -> Tensor:
    """Hide a square a third as wide as the picture under its mean (DeVries and Taylor 2017, "Cutout")."""
    n, side = len(x), x.shape[2]
    place = torch.arange(side)
    top, left = (torch.randint(-side // 6, side - side // 6, (n, 1), generator=generator) for _ in range(2))
    rows, columns = ((place >= start) & (place < start + side // 3) for start in (top, left))  # [N,side]
    chosen = torch.rand(n, generator=generator) < chance
    hidden = (rows[:, :, None] & columns[:, None, :] & chosen[:, None, None])[:, None]
    return torch.where(hidden, x.mean([2, 3], keepdim=True), x)


def mixup(x: Tensor, target: Tensor, strength: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Blend each item [N,...] and its target [N,C] with another of the batch (Zhang et al. 2018, "mixup")."""
    share = torch.rand(len(x), generator=generator) ** (1 / strength) / 2  # mostly near 0, at most one half
    other = torch.randperm(len(x), generator=generator)
    wide = share.view(-1, *[1] * (x.dim() - 1))
    return x + wide * (x[other] - x), target + share[:, None] * (target[other] - target)


def sound(
    wave: Tensor, rate: int, seconds: float, generator: Generator, room: float = 0.0, telephone: float = 0.0
) -> Tensor:
    """float32 [T] -> [rate * seconds]: speed and pitch 0.8 to 1.25, a random place in time, room, tilt, noise, level.

    `room` and `telephone` are the shares of sounds heard in a room and through a narrow band.
    """
    speed = math.exp(float(_uniform(1, generator, math.log(0.8), math.log(1.25))))
    length = int(rate * seconds)
    need = int(length * speed)
    if len(wave) < need:
        wave = wave.repeat(-(-need // len(wave)))
    start = int(float(torch.rand(1, generator=generator)) * (len(wave) - need))
    wave = F.interpolate(wave[None, None, start : start + need], size=length, mode="linear", align_corners=False)[0, 0]
    if _happens(room, generator):
        wave = _in_a_room(wave, rate, generator)
    # +-4 dB per octave around 1 kHz and a random high cut
    spectrum = torch.fft.rfft(wave)
    frequency = torch.linspace(1, rate / 2, len(spectrum))
    tilt = float(_uniform(1, generator, -0.6, 0.6))
    cut = math.exp(float(_uniform(1, generator, math.log(3000), math.log(16000))))
    gain = (frequency / 1000).clamp_min(0.05) ** tilt / (1 + (frequency / cut) ** 4).sqrt()
    if _happens(telephone, generator):  # 300 to 3400 Hz, 24 dB per octave
        gain = gain / (1 + (300 / frequency) ** 8).sqrt() / (1 + (frequency / 3400) ** 8).sqrt()
    wave = torch.fft.irfft(spectrum * gain, n=length)
    # coloured noise, from white to red, 5 to 40 dB below
    colour = float(_uniform(1, generator, -1.0, 0.0))
    noise = torch.fft.rfft(torch.randn(length, generator=generator)) * (frequency / 1000).clamp_min(0.02) ** colour
    noise = torch.fft.irfft(noise, n=length)
    wave = wave + noise * _below(5, 40, generator) * rms(wave) / rms(noise)
    return wave * _below(0, 20, generator) / wave.abs().max().clamp_min(1e-6)


def _in_a_room(wave: Tensor, rate: int, generator: Generator) -> Tensor:
    """The sound with the reverberation of a made-up room: noise that falls by 60 dB in 0.15 to 1.5 s (Moorer 1979)."""
    decay = math.exp(float(_uniform(1, generator, math.log(0.15), math.log(1.5))))
    time = torch.arange(int(decay * rate)) / rate
    tail = torch.randn(len(time), generator=generator) * 10 ** (-3 * time / decay)
    n = len(wave) + len(tail)
    reverberant = torch.fft.irfft(torch.fft.rfft(wave, n=n) * torch.fft.rfft(tail, n=n), n=n)[: len(wave)]
    return wave + reverberant * _below(0, 15, generator) * rms(wave) / rms(reverberant)


def over(wave: Tensor, other: Tensor, generator: Generator) -> Tensor:
    """The sound [T] over another one [T], which is 6 to 20 dB below."""
    return wave + other * _below(6, 20, generator) * rms(wave) / rms(other)


def mask(log_mel: Tensor, chance: float) -> Tensor:
    """Hide one stretch of time and one band of log-mel patches [N,1,frames,bands], each with a chance, under the mean.

    Park et al. 2019, "SpecAugment", with masks of up to a fifth of either axis. Draws from torch's own generator of the
    device, like dropout.
    """
    n = len(log_mel)
    hidden = torch.zeros_like(log_mel, dtype=torch.bool)
    for axis in (2, 3):
        side = log_mel.shape[axis]
        place = torch.arange(side, device=log_mel.device)
        width, start, drawn = torch.rand(3, n, 1, device=log_mel.device)
        start = start * side
        inside = (place >= start) & (place < start + width * side / 5) & (drawn < chance)  # [N,side]
        hidden |= inside.view(n, 1, *(side if a == axis else 1 for a in (2, 3)))
    return torch.where(hidden, log_mel.mean([2, 3], keepdim=True), log_mel)


def rms(wave: Tensor) -> Tensor:
    """Root mean square over time, at least 1e-6."""
    return wave.square().mean(-1, keepdim=True).sqrt().clamp_min(1e-6)


def _below(low: float, high: float, generator: Generator) -> float:
    """A factor, `low` to `high` dB below one."""
    return 10 ** (-float(_uniform(1, generator, low, high)) / 20)


def _happens(chance: float, generator: Generator) -> bool:
    return chance > 0 and float(torch.rand(1, generator=generator)) < chance


def _uniform(n: int, generator: Generator, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(n, generator=generator)
