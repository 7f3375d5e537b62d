"""The clip bank: targets first, then the whole library while it fits, the longest unused clip leaves first."""

from pathlib import Path

import numpy as np
import pytest

from engine.sound.bank import Bank, clip_of
from engine.sound.mixer import Mixer
from tests.engine.mixing import RATE, parameters
from tests.engine.sound_process import small_library
from tests.servers import until

CLIP_BYTES = 4 * RATE // 2  # half a second of mono, less the seam of the loop


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("library"))


def loads(bank: Bank, *clips: int) -> None:
    """Poll the bank until these clips are in memory."""

    def loaded() -> bool:
        bank.poll()
        return all(bank.slot(clip) is not None for clip in clips)

    until(loaded, 20, f"clips {clips} are loaded")


def mixer() -> Mixer:
    return Mixer(RATE, parameters())


def test_the_library_is_loaded_ahead_of_need(library: Path) -> None:
    bank = Bank(mixer(), RATE, pytest.fail)
    bank.open(0, library)
    loads(bank, 0, 1, 2, 3)
    assert len({bank.slot(clip) for clip in range(4)}) == 4


def test_targets_come_first(library: Path) -> None:
    bank = Bank(mixer(), RATE, pytest.fail)
    bank.want([3])
    bank.open(0, library)
    until(lambda: bank.poll() or bank.loaded, 20, "a clip is loaded")
    assert bank.slot(3) is not None


def test_the_longest_unused_clip_makes_room(library: Path) -> None:
    bank = Bank(mixer(), RATE, pytest.fail, memory=2 * CLIP_BYTES)
    bank.want([0])
    bank.open(0, library)
    loads(bank, 0)
    bank.want([1])
    loads(bank, 1)
    bank.want([0])
    bank.want([2])
    loads(bank, 2)
    assert bank.slot(1) is None
    assert bank.slot(0) is not None
    assert bank.loaded == 2 and bank.evicted == 1 and 0 < bank.bytes <= 2 * CLIP_BYTES


def test_a_clip_that_sounds_stays_and_targets_may_exceed_the_memory(library: Path) -> None:
    playing = mixer()
    bank = Bank(playing, RATE, pytest.fail, memory=CLIP_BYTES)
    bank.want([0])
    bank.open(0, library)
    loads(bank, 0)
    slot = bank.slot(0)
    assert slot is not None
    assert playing.start(0, slot, 1.0, 0.0)
    playing.process(4800)
    bank.want([1, 2])
    loads(bank, 1, 2)
    assert bank.slot(0) == slot
    assert np.abs(playing.process(48_000)).max() > 0.01


def test_a_damaged_library_plays_what_is_left_and_says_so(tmp_path: Path) -> None:
    folder = small_library(tmp_path)
    rows = next(folder.glob("heard-*"))
    rows.write_bytes(bytes(8) + rows.read_bytes()[8:])
    said: list[str] = []
    bank = Bank(mixer(), RATE, said.append)
    bank.open(0, folder)
    loads(bank, 0, 1, 2)
    assert len(said) == 1 and said[0].startswith(f"1 entries of the library {folder} are damaged and missing; repair")


def test_a_clip_that_is_not_in_the_library_is_said_once(library: Path) -> None:
    said: list[str] = []
    bank = Bank(mixer(), RATE, said.append)
    bank.want([99])
    bank.open(0, library)
    loads(bank, 0, 1, 2, 3)
    assert bank.failed == {99}
    assert len(said) == 1


def test_clips_of_another_library_come_and_those_of_the_one_before_stay_while_they_sound(
        library: Path, tmp_path: Path) -> None:
    playing = mixer()
    bank = Bank(playing, RATE, pytest.fail)
    bank.open(0, library)
    loads(bank, 0, 1, 2, 3)
    slot = bank.slot(0)
    assert slot is not None and playing.start(0, slot, 1.0, 0.0)
    playing.process(480)
    other = [clip_of(7, index) for index in range(4)]
    bank.want(other[3:])
    bank.open(7, small_library(tmp_path))
    loads(bank, *other)
    assert bank.slot(0) == slot and [bank.slot(clip) for clip in (1, 2, 3)] == [None] * 3
    sound = bank.slot(other[0])
    assert sound is not None and playing.start(0, sound, 1.0, 0.0)
    playing.process(4800)
    bank.poll()
    assert bank.slot(0) is None
    assert bank.evicted == 0 and np.abs(playing.process(4800)).max() > 0.01


def test_a_library_that_can_not_be_opened_leaves_the_clips_that_sound(library: Path, tmp_path: Path) -> None:
    playing = mixer()
    bank = Bank(playing, RATE, pytest.fail)
    bank.open(0, library)
    loads(bank, 0)
    slot = bank.slot(0)
    assert slot is not None and playing.start(0, slot, 1.0, 0.0)
    playing.process(480)
    bank.open(1, tmp_path)
    until(lambda: bank.error, 20, "it is told")
    bank.poll()
    assert "is not a library" in str(bank.error) and bank.slot(0) == slot
