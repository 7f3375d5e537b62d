"""Tiny random models that paint sounds and sound pictures, for tests of everything around the trained ones."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

CLASSES = ["banjo", "rain", "sea"]
RATE = 16_000
WINDOW_S = 0.5
SIDES = [32, 64]
CONDITION = 9
LATENT = 6


class TinyDream(nn.Module):
    """Spectrum -> unit vector and level; these and the latent -> a coarse picture, magnified."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.hear = nn.Parameter(torch.randn(257, CONDITION - 1, generator=generator))
        self.draw = nn.Parameter(torch.randn(CONDITION + LATENT, 3 * 8 * 8, generator=generator))

    def forward(self, wave: Tensor, latent: Tensor) -> Tensor:
        return self.paint(self.listen(wave), latent, 64)

    @torch.jit.export
    def listen(self, wave: Tensor) -> Tensor:
        rms = wave.square().mean(1, keepdim=True).sqrt()
        level = (1 + 20 * torch.log10(rms.clamp(min=1e-6)) / 60).clamp(0.0, 1.0)
        spectrum = torch.fft.rfft(wave / rms.clamp(min=1e-6), n=512).abs().log1p()
        return torch.cat([nn.functional.normalize(spectrum @ self.hear, dim=1), level], 1)

    @torch.jit.export
    def paint(self, condition: Tensor, latent: Tensor, side: int) -> Tensor:
        coarse = (torch.cat([condition, latent], 1) @ self.draw).view(-1, 3, 8, 8)
        return nn.functional.interpolate(coarse, size=[side, side], mode="bilinear").sigmoid()


class TinyVoice(nn.Module):
    """Mean colour and the latent -> a spectrogram, each of its bands steady."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.sing = nn.Parameter(torch.randn(3 + LATENT, 128, generator=torch.Generator().manual_seed(seed)))

    def forward(self, frames: Tensor, latent: Tensor) -> Tensor:
        colour = frames.float().mean(dim=[1, 2]) / 255
        bands = (torch.cat([colour, latent], 1) @ self.sing).sigmoid()
        return bands.unsqueeze(2).expand(-1, -1, 44).contiguous()


def write_dream(file: Path, network: nn.Module | None = None, **changes: Any) -> Path:
    """Write a model file of kind "dream" with its checksum beside it; `changes` are entries of its manifest."""
    manifest = {"kind": "dream", "embedding": CONDITION, "rate": RATE, "window_s": WINDOW_S, "sides": SIDES}
    return _write(file, network or TinyDream(), manifest | changes)


def write_voice(file: Path, network: nn.Module | None = None, **changes: Any) -> Path:
    """Write a model file of kind "voice" likewise."""
    manifest = {"kind": "voice", "embedding": 3, "rate": 44_100, "n_fft": 2048, "hop": 512, "mels": 128, "frames": 44,
                "top_db": 80}
    return _write(file, network or TinyVoice(), manifest | changes)


def _write(file: Path, network: nn.Module, manifest: dict[str, Any]) -> Path:
    told = {"format": 1, "name": file.stem, "classes": CLASSES, "latent": LATENT, "inputs": [], "outputs": [],
            "latency_s": 0.0, "data": "none", "licence": "CC0", "metrics": {}, "command": "none"} | manifest
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(network.half()).save(str(file), _extra_files={"manifest.json": json.dumps(told)})
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n")
    return file
