"""The painter as a stage: what it hears and sees shows in its pictures, and silence is calm."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.dream.painter.generator import Generator
from engine.dream.painter.pace import Pace
from engine.dream.painter.painter import Moment, Painter, prepared
from engine.errors import UserError
from engine.parameters import PARAMETERS
from engine.tempo.timeline import Tempo
from tests.dreams import RATE, SIDES, TinyDream, write_dream

Make = Callable[..., Painter]
TEMPO = Tempo(0.0, 0.0, 120.0)
STILL = {"dream/speed": 0.0, "dream/feedback": 0.0, "dream/scale": 0.0, "dream/smoothing": 0.0}


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return Generator.load(str(write_dream(tmp_path_factory.mktemp("models") / "tiny.ts")))


@pytest.fixture
def painter(generator: Generator) -> Make:
    def make(width: int = 64, height: int = 64, seed: int = 0, **knobs: float) -> Painter:
        values = {p.path: p.default for p in PARAMETERS} | {f"dream/{name}": value for name, value in knobs.items()}
        return Painter(generator, width, height, seed, values.__getitem__)

    return make


def noise(seed: int, gain: float = 0.1) -> np.ndarray:
    return (gain * np.random.default_rng(seed).standard_normal(RATE // 2)).astype(np.float32)


def tone(frequency: float, gain: float = 0.3) -> np.ndarray:
    return (gain * np.sin(2 * np.pi * frequency * np.arange(RATE // 2) / RATE)).astype(np.float32)


def pictures(painter: Painter, sounds: list[np.ndarray]) -> Iterator[np.ndarray]:
    for frame, sound in enumerate(sounds):
        yield painter.paint(Moment(frame / 25, sound, TEMPO)).astype(float)


def test_the_same_moments_and_seed_give_the_same_pixels_and_another_seed_does_not(painter: Make) -> None:
    sounds = [noise(n) for n in range(8)]
    first, again, other = (list(pictures(painter(seed=seed), sounds)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert all(np.abs(a - b).mean() > 2 for a, b in zip(first, other, strict=True))


def test_what_sounds_shows_at_once_and_smoothly_if_asked(painter: Make) -> None:
    low, high = tone(200), tone(5000)
    knobs = {name.removeprefix("dream/"): value for name, value in STILL.items()}
    sudden = list(pictures(painter(**knobs), [low] * 3 + [high] * 12))
    smooth = list(pictures(painter(**knobs | {"smoothing": 0.2}), [low] * 3 + [high] * 12))
    np.testing.assert_array_equal(sudden[1], sudden[2])
    assert np.abs(sudden[3] - sudden[2]).mean() > 5
    np.testing.assert_array_equal(sudden[3], sudden[4])
    first = np.abs(smooth[3] - smooth[2]).mean()
    assert 0.5 < first < 0.5 * np.abs(sudden[3] - sudden[2]).mean()
    assert np.abs(smooth[-1] - sudden[-1]).mean() < 0.3 * np.abs(smooth[3] - sudden[3]).mean()


def test_in_silence_the_picture_comes_to_rest(painter: Make) -> None:
    silence = np.zeros(RATE // 2, np.float32)
    shown = list(pictures(painter(speed=0, scale=1), [noise(1)] * 5 + [silence] * 60))
    assert np.isfinite(shown).all()
    changes = [np.abs(b - a).max() for a, b in pairwise(shown[40:])]
    assert max(changes) <= 3


def test_noise_at_the_edge_of_hearing_does_not_flicker(painter: Make) -> None:
    changes = {}
    for gain in (1e-3, 0.1):
        sounds = [tone(300)] + [noise(n, gain) for n in range(30)]
        shown = list(pictures(painter(speed=0, scale=0, feedback=0), sounds))
        changes[gain] = np.mean([np.abs(b - a).mean() for a, b in pairwise(shown[20:])])
    assert changes[1e-3] < 0.3 * changes[0.1]


def test_samples_that_are_no_numbers_count_as_silence() -> None:
    samples = np.full((480, 2), np.nan, np.float32)
    samples[:, 1] = 0.5
    assert prepared(samples, 48_000, 48_000) == pytest.approx(0.25)
    assert prepared(samples, 48_000, 16_000).shape == (160,)


def test_a_loud_sound_magnifies_the_picture(painter: Make) -> None:
    def detail(gain: float) -> float:
        shown = next(pictures(painter(speed=0, feedback=0, scale=2, smoothing=0, truncation=1), [noise(2, gain)]))
        return float(np.abs(np.diff(shown, axis=1)).mean())

    assert detail(0.9) < 0.6 * detail(0.0011)


def test_the_palette_takes_the_colours_of_the_camera(painter: Make) -> None:
    camera = np.zeros((90, 160, 3), np.uint8)
    camera[..., 0], camera[:, ::2, 1] = 200, 60  # red and orange
    plain, coloured = (painter(palette=palette, feedback=0, speed=0) for palette in (0, 1))
    for one in (plain, coloured):
        one.paint(Moment(0.0, noise(1), TEMPO, camera=camera))
    shown = coloured.paint(Moment(0.04, noise(1), TEMPO)).astype(float)
    assert shown.mean(axis=(0, 1)) == pytest.approx(camera.mean(axis=(0, 1)), abs=12)
    assert plain.paint(Moment(0.04, noise(1), TEMPO))[..., 2].mean() > 60


def test_a_palette_without_a_camera_or_of_a_black_one_is_no_fault(painter: Make) -> None:
    one = painter(palette=1, feedback=0)
    assert one.paint(Moment(0.0, noise(1), TEMPO)).std() > 1
    shown = one.paint(Moment(0.04, noise(1), TEMPO, camera=np.zeros((90, 160, 3), np.uint8)))
    assert shown.mean() < 10


def test_feedback_keeps_what_was_shown(painter: Make) -> None:
    def change(feedback: float) -> float:
        knobs = {"speed": 0, "scale": 0, "smoothing": 0, "feedback": feedback}
        shown = list(pictures(painter(**knobs), [tone(200)] * 3 + [tone(5000)]))
        return float(np.abs(shown[-1] - shown[-2]).mean())

    assert 0 < change(0.9) < 0.3 * change(0)


@pytest.mark.parametrize("size", [(16, 16), (320, 180), (90, 160), (1024, 1024)])
def test_pictures_have_the_size_that_was_asked_for(painter: Make, size: tuple[int, int]) -> None:
    shown = painter(*size).paint(Moment(0.0, noise(1), TEMPO))
    assert shown.shape == (size[1], size[0], 3) and shown.dtype == np.uint8 and shown.flags.c_contiguous


def test_each_side_can_be_chosen_and_another_is_refused_with_those_that_there_are(generator: Generator) -> None:
    for side in SIDES:
        painted = Generator(generator.model, side).paint(generator.listen(noise(1)), np.zeros(6, np.float32))
        assert painted.shape == (side, side, 3)
    with pytest.raises(UserError, match=r"dream side 48: .*paints 32, 64"):
        Generator(generator.model, 48)


class Touchy(TinyDream):
    """Paints stripes so fine that rounding moves them."""

    @torch.jit.export
    def paint(self, condition: Tensor, latent: Tensor, side: int) -> Tensor:
        coarse = (torch.cat([condition, latent], 1) @ self.draw).view(-1, 3, 8, 8)
        return torch.sin(300 * coarse).repeat(1, 1, side // 8, side // 8) / 2 + 0.5


def test_a_model_that_needs_all_its_bits_keeps_them_live_too(tmp_path: Path) -> None:
    exact = Generator.load(str(write_dream(tmp_path / "touchy.ts", Touchy())))
    live, latent = Generator(exact.model, live=True), np.ones(exact.latent, np.float32)
    condition = exact.listen(noise(1))
    assert live.arithmetic == "float32"
    np.testing.assert_array_equal(live.paint(condition, latent), exact.paint(condition, latent))


def test_live_arithmetic_paints_the_same_pictures(generator: Generator) -> None:
    live, latent = Generator(generator.model, live=True), np.ones(generator.latent, np.float32)
    condition = generator.listen(noise(1))
    assert np.abs(live.paint(condition, latent) - generator.paint(condition, latent)).mean() < 0.02


def test_pictures_fall_due_on_a_grid_and_those_whose_time_has_passed_are_left_out() -> None:
    pace = Pace(10.0)
    due = [pace.next(10.0 + n * 0.02 + 0.003, 0.02) for n in range(5)]
    assert due == pytest.approx([10.02, 10.04, 10.06, 10.08, 10.1])
    assert pace.late == 0
    assert pace.next(10.19, 0.02) == pytest.approx(10.18) and pace.late == 3  # 10.12, 10.14 and 10.16
    assert pace.next(10.191, 0.02) == pytest.approx(10.2) and pace.late == 3
