"""Model files that paint sounds or sound pictures: what they promise is checked before they may."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.errors import UserError
from engine.modelfile import load_model, read_manifest, shipped_model
from engine.modelnames import Kind, named_models
from engine.modelstore import describe, probe
from tests.dreams import CONDITION, LATENT, RATE, SIDES, TinyDream, TinyVoice, write_dream, write_voice


class SmallPictures(TinyDream):
    """Paints one size whatever is asked for."""

    @torch.jit.export
    def paint(self, condition: Tensor, latent: Tensor, side: int) -> Tensor:
        return (torch.cat([condition, latent], 1) @ self.draw).view(-1, 3, 8, 8).sigmoid()


class BrightPictures(TinyDream):
    """Paints 0 to 255."""

    @torch.jit.export
    def paint(self, condition: Tensor, latent: Tensor, side: int) -> Tensor:
        return torch.full([len(latent), 3, side, side], 255.0)


class SilenceBreaks(TinyDream):
    """Divides by the level."""

    @torch.jit.export
    def listen(self, wave: Tensor) -> Tensor:
        return wave[:, :9] / wave.abs().mean()


class Deaf(nn.Module):
    """Has no `listen`."""

    def forward(self, wave: Tensor, latent: Tensor) -> Tensor:
        return wave

    @torch.jit.export
    def paint(self, condition: Tensor, latent: Tensor, side: int) -> Tensor:
        return condition


class ShortVoice(TinyVoice):
    """Sings one frame too few."""

    def forward(self, frames: Tensor, latent: Tensor) -> Tensor:
        return torch.zeros(len(frames), 128, 43)


def test_a_dream_listens_and_paints_at_each_of_its_sides(tmp_path: Path) -> None:
    model = load_model(write_dream(tmp_path / "tiny.ts"), "dream")
    wave = 0.1 * np.random.default_rng(0).standard_normal((2, 700)).astype(np.float32)
    condition, = model.call("listen", wave)
    louder, = model.call("listen", 3 * wave)
    assert condition.shape == (2, CONDITION) and (model.rate, model.manifest["sides"]) == (RATE, SIDES)
    np.testing.assert_allclose(louder[:, :-1], condition[:, :-1], atol=1e-5)
    assert (louder[:, -1] > condition[:, -1]).all()
    for side in SIDES:
        picture, = model.call("paint", condition, np.zeros((2, LATENT), np.float32), side)
        assert picture.shape == (2, 3, side, side) and picture.dtype == np.float32


def test_a_voice_sings_a_spectrogram(tmp_path: Path) -> None:
    model = load_model(write_voice(tmp_path / "tiny.ts"), "voice")
    lms, = model.call("forward", np.zeros((1, 20, 30, 3), np.uint8), np.zeros((1, LATENT), np.float32))
    assert lms.shape == (1, 128, 44) and 0 <= lms.min() <= lms.max() <= 1


@pytest.mark.parametrize(("network", "said"), [
    (SmallPictures(), r"paint\(\) probed with .*: expected picture float32 \[1, 3, 32, 32\], got .* \[1, 3, 8, 8\]"),
    (BrightPictures(), r"expected picture in 0..1, got 255 to 255"),
    (SilenceBreaks(), r"listen\(\) probed with .*: expected finite condition, got 9 of 9"),
    (Deaf(), "expected the methods listen and paint of a dream, but there is no listen"),
])
def test_a_dream_that_breaks_its_promise_is_refused_at_load(tmp_path: Path, network: nn.Module, said: str) -> None:
    with pytest.raises(UserError, match=said):
        load_model(write_dream(tmp_path / "bad.ts", network), "dream")


def test_a_voice_that_breaks_its_promise_is_refused_at_load(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected lms float32 \[1, 128, 44\], got float32 \[1, 128, 43\]"):
        load_model(write_voice(tmp_path / "bad.ts", ShortVoice()), "voice")


@pytest.mark.parametrize(("changes", "said"), [
    ({"latent": 0}, "'latent': expected a positive integer, got 0"),
    ({"window_s": -1}, "'window_s': expected seconds"),
    ({"sides": [64, 32]}, "'sides': expected an ascending list"),
    ({"sides": []}, "'sides': expected an ascending list"),
    ({"kind": "eye"}, "'kind': expected 'dream', got 'eye'"),
])
def test_a_manifest_that_is_wrong_is_named_by_its_key(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        load_model(write_dream(tmp_path / "bad.ts", **changes), "dream")


def test_one_kind_is_never_taken_for_another(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'kind': expected 'dream', got 'eye'"):
        load_model(shipped_model("eye"), "dream")
    with pytest.raises(UserError, match="'kind': expected 'eye', got 'voice'"):
        load_model(write_voice(tmp_path / "voice.ts"), "eye")


def test_added_ones_are_known_by_name_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONOSCOPE_MODELS", str(tmp_path))
    write_dream(tmp_path / "mine.ts")
    write_voice(tmp_path / "sings.ts")
    kinds: dict[str, Kind] = {"mine": "dream", "sings": "voice"}
    for name, kind in kinds.items():
        assert read_manifest(name)[0]["kind"] == kind
        probe(describe(named_models()[name]))
