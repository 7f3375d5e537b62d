"""The clip bank: targets first, then the whole library while it fits, the longest unused clip leaves first."""

from pathlib import Path

import numpy as np
import pytest

from engine.sound.bank import Bank
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
    bank = Bank(library, mixer(), RATE, pytest.fail)
    bank.start()
    loads(bank, 0, 1, 2, 3)
    assert len({bank.slot(clip) for clip in range(4)}) == 4


def test_targets_come_first(library: Path) -> None:
    bank = Bank(library, mixer(), RATE, pytest.fail)
    bank.want([3])
    bank.start()
    until(lambda: bank.poll() or bank.loaded, 20, "a clip is loaded")
    assert bank.slot(3) is not None


def test_the_longest_unused_clip_makes_room(library: Path) -> None:
    bank = Bank(library, mixer(), RATE, pytest.fail, memory=2 * CLIP_BYTES)
    bank.want([0])
    bank.start()
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
    bank = Bank(library, playing, RATE, pytest.fail, memory=CLIP_BYTES)
    bank.want([0])
    bank.start()
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
    bank = Bank(folder, mixer(), RATE, said.append)
    bank.start()
    loads(bank, 0, 1, 2)
    assert len(said) == 1 and said[0].startswith(f"1 entries of the library {folder} are damaged and missing; repair")


def test_a_clip_that_is_not_in_the_library_is_said_once(library: Path) -> None:
    said: list[str] = []
    bank = Bank(library, mixer(), RATE, said.append)
    bank.want([99])
    bank.start()
    loads(bank, 0, 1, 2, 3)
    assert bank.failed == {99}
    assert len(said) == 1
