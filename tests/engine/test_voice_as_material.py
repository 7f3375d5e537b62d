"""The voice of a picture as a layer: when one is made, how it comes to sound, and what goes on when there is none."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.clock import MonotonicClock, VirtualClock
from engine.errors import UserError
from engine.library import Library
from engine.offline import Rendering
from engine.parameters import CLIP, INDEX, VOICE
from engine.shared import NO_CLIP, Session
from engine.show import Show, SightConfig
from engine.sight.pictures import Picture
from engine.sight.player import Looker
from engine.sight.sources import Frame
from engine.sight.voicing import Voicing
from engine.sound.follower import Follower
from engine.sound.mixer import Mixer
from engine.sound.voices import Voices
from engine.voice.voice import Occasions, Voice
from models.generation.spectrogram import log_mel
from tests.dreams import write_voice
from tests.engine.mixing import RATE, parameters, rms, sine
from tests.engine.seeing import CLASSES, LABELS, STEP, ColourEye, log_q, picture
from tests.engine.seeing import library as described
from tests.engine.sound_process import small_library
from tests.engine.test_frozen_spectra import peak_hz
from tests.servers import until


def test_a_voice_is_made_when_a_layer_wants_one_at_each_cut_and_when_asked() -> None:
    def made(*steps: tuple[int, bool, int]) -> list[bool]:
        occasions = Occasions()
        return [occasions.step(parameters(source=source), cut, asked) for source, cut, asked in steps]

    assert made((CLIP, False, 0), (CLIP, True, 0)) == [False, False], "nobody wants one"
    assert made((VOICE, False, 0), (VOICE, False, 0), (VOICE, True, 0), (VOICE, False, 0)) == [True, False, True, False]
    assert made((CLIP, False, 0), (CLIP, False, 1), (CLIP, False, 1)) == [False, True, False]
    assert made((VOICE, False, 0), (CLIP, True, 0), (VOICE, False, 0))[-1], "of what is seen by then"
    assert not Occasions(wanted=True, asked=3).step(parameters(source=VOICE), False, 3), "SIGHT was started again"


def test_a_layer_turns_to_the_voice_follows_new_ones_and_turns_back() -> None:
    block = parameters(density=60)
    mixer = Mixer(RATE, block)
    mixer.load(0, sine(2000, 1))
    voices = Voices(mixer)
    follower = Follower(mixer, lambda clip: 0, block, voice=lambda: voices.newest)
    follower.aim([7] + [NO_CLIP] * 15, [1.0] + [0.0] * 15, 0.1)

    def heard() -> float:
        voices.poll()
        follower.step()
        mixer.process(RATE)
        return peak_hz(mixer.process(RATE)[:, 0])

    block[INDEX["layer/1/source"]] = VOICE
    assert heard() == pytest.approx(2000, abs=20), "until there is a voice the clip goes on"
    for number, hertz in enumerate((500, 700, 900), 1):
        voices.offer(number, sine(hertz, 1))
        assert heard() == pytest.approx(hertz, abs=20)
    block[INDEX["layer/1/source"]] = CLIP
    assert heard() == pytest.approx(2000, abs=20)


def test_voices_that_come_faster_than_the_old_ones_fade_wait_and_the_newest_wins() -> None:
    block = parameters(density=60)
    block[INDEX["layer/1/source"]], block[INDEX["crossfade/cut"]] = VOICE, 2
    mixer = Mixer(RATE, block)
    voices = Voices(mixer)
    follower = Follower(mixer, lambda clip: 0, block, voice=lambda: voices.newest)
    numbers = []
    for number in range(1, 9):  # one each half second, each fading for two
        voices.offer(number, sine(100 * number, 1))
        voices.poll()
        follower.step()
        mixer.process(RATE // 2)
        numbers.append(voices.newest.number if voices.newest else 0)
    assert numbers == sorted(numbers) and len(set(numbers)) < len(numbers)
    mixer.process(4 * RATE)
    voices.poll()
    follower.step()
    mixer.process(4 * RATE)
    assert peak_hz(mixer.process(RATE)[:, 0]) == pytest.approx(800, abs=20)


class Patient(Voice):
    """Makes a voice only when told to; the first sample says how bright the picture was."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Semaphore(0), threading.Semaphore(0)
        self.numbers: list[int] = []

    def sound_of(self, picture: Picture, number: int) -> NDArray[np.float32]:
        self.begun.release()
        assert self.may_end.acquire(timeout=20)
        self.numbers.append(number)
        return np.full((100, 1), picture.mean() / 255, np.float32)


def test_seeing_never_waits_for_a_voice_and_the_newest_picture_gets_the_next(session: Session) -> None:
    voice = Patient()
    voicing = Voicing(session, voice, MonotonicClock(), pytest.fail)
    session.set("layer/3/source", VOICE)
    shown = [np.full((16, 16, 3), 10 * level, np.uint8) for level in range(9)]
    voicing.look(shown[0], False)
    assert voice.begun.acquire(timeout=20)
    for newer in shown[1:]:
        voicing.look(newer, True)  # returns although the first is still being made
    for written in (1, 2):
        voice.may_end.release()
        until(lambda written=written: session.voice.written == written, 20, "a voice")  # type: ignore[misc]
    record = session.voice.read()
    assert record is not None and record["frames"] == 100
    assert record["sound"][:100] == pytest.approx(80 / 255)
    assert voice.numbers == [1, 2] and session.told("sight/voices") == 2


def test_a_new_scene_before_the_camera_gets_a_new_voice(session: Session, tmp_path: Path) -> None:
    voice = Patient()
    for _ in range(9):
        voice.may_end.release()
    session.set("layer/1/source", VOICE)
    clock = VirtualClock(50)
    looker = Looker(session, ColourEye(), described(tmp_path, CLASSES, log_q(), LABELS), clock,
                    voicing=Voicing(session, voice, clock, pytest.fail))
    brightness = []
    for corner in (0, 3):
        for i in range(30):
            looker.look(Frame(picture(corner, i) // (1 + corner), clock.now()))
            clock.advance(STEP)
        until(lambda: session.voice.written > len(brightness), 20, "a voice")
        record = session.voice.read()
        assert record is not None
        brightness.append(float(record["sound"][0]))
    assert session.voice.written == 2 and brightness[0] > 3 * brightness[1]


class Counted(Voice):
    """Counts how often it was tried."""

    tries = 0

    def sound_of(self, picture: Picture, number: int) -> NDArray[np.float32]:
        try:
            return super().sound_of(picture, number)
        finally:
            self.tries += 1


def test_a_model_that_is_missing_is_said_once_and_is_used_once_it_is_there(session: Session, tmp_path: Path) -> None:
    said: list[str] = []
    voice = Counted(str(tmp_path / "late.ts"), 8000, 0)
    voicing = Voicing(session, voice, MonotonicClock(), said.append)
    session.set("layer/1/source", VOICE)
    for tries in (1, 2):
        voicing.look(picture(0), True)
        until(lambda tries=tries: voice.tries == tries, 20, "a try")  # type: ignore[misc]
    write_voice(tmp_path / "late.ts")
    session.count("faces/voices_asked")
    voicing.look(picture(0), False)
    until(lambda: session.voice.written == 1, 20, "a voice")
    assert len(said) == 1 and "late.ts" in said[0]
    record = session.voice.read()
    assert record is not None and record["frames"] == 4 * 8000
    assert rms(record["sound"][:32000]) > 0.01 and not record["sound"][32000:].any()


class Brightness:
    """An eye that knows dark and bright pictures."""

    classes = ("dark", "bright")

    def see(self, frame: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        p = np.clip([1 - frame.mean() / 255, frame.mean() / 255], 0.02, 0.98).astype(np.float32)
        return p / p.sum(), p


class Blink:
    """A camera that sees something dark for a second and a half, and then something else, bright."""

    name, fps = "blink", 10.0

    def at(self, seconds: float) -> Picture | None:
        return picture(0) // 4 if seconds < 1.5 else picture(3) // 4 + 180

    def close(self) -> None:
        """Nothing to release."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library.open(small_library(tmp_path_factory.mktemp("library")))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield write_voice(tmp_path_factory.mktemp("voice") / "tiny.ts")


def rendered(library: Library, model: Path, source: int, seed: int = 0) -> NDArray[np.float32]:
    show = Show(seed=seed, sight=SightConfig(voice=str(model)),
                parameters={"layer/1/source": source, "layer/1/mode": 1, "match/layers": 1})
    return np.concatenate(list(Rendering(show, library, Brightness(), [Blink()], np.zeros((3 * RATE, 1), np.float32))))


def test_offline_the_voice_is_that_of_the_first_picture_and_then_of_the_cut(library: Library, tiny: Path) -> None:
    plain, voiced = (rendered(library, tiny, source) for source in (CLIP, VOICE))
    again, other = rendered(library, tiny, VOICE), rendered(library, tiny, VOICE, seed=5)
    assert np.array_equal(voiced, again) and not np.array_equal(voiced, other)

    def colour(sound: NDArray[np.float32], begin: float) -> NDArray[np.float32]:
        part = sound[int(begin * RATE):int((begin + 0.7) * RATE), 0]
        return np.asarray(log_mel(torch.from_numpy(part.copy())[None])[0].mean(1).numpy())

    def likeness(sound: NDArray[np.float32], begin: float, clip: NDArray[np.float32]) -> float:
        return float(np.corrcoef(colour(sound, begin), colour(clip, 0.7))[0, 1])

    voice = Voice(str(tiny), RATE, 0)
    dark, light = (voice.sound_of(Blink().at(t), number) for t, number in ((0, 1), (2, 2)))
    assert likeness(voiced, 0.7, dark) > 0.95 and likeness(voiced, 2.2, light) > 0.95
    assert max(likeness(voiced, 0.7, light), likeness(voiced, 2.2, dark), likeness(plain, 0.7, dark)) < 0.9


def test_offline_a_missing_model_is_named(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.ts"):
        rendered(library, tmp_path / "none.ts", VOICE)
    assert rendered(library, tmp_path / "none.ts", CLIP).any(), "who wants no voice needs no model"
