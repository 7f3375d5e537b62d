"""One ear for many threads: each gets its own answer, whether it is heard alone or in a batch."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.ear import Batches, Ear
from engine.modelfile import load_model, shipped_model
from tests.engine.sounds import RATE, tone
from tests.servers import until


def run(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return batch.sum(axis=1, keepdims=True), batch[:, :2]


def test_what_waits_is_run_as_one_batch_for_each_length() -> None:
    """While the first signal is computed five gather: three of one length, two of another."""
    sizes: list[tuple[int, ...]] = []
    gathered = threading.Event()

    def slow(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        sizes.append(batch.shape)
        assert gathered.wait(20)
        return run(batch)

    batches = Batches(slow)
    signals = [np.full((1, length), i, np.float32) for i, length in enumerate((7, 5, 5, 3, 5, 3))]
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(batches, signals[0])
        until(lambda: bool(sizes), 20, "the first is computed")
        others = [pool.submit(batches, signal) for signal in signals[1:]]
        until(lambda: batches.waiting == 5, 20, "the others wait")
        gathered.set()
        answers = [first.result(20), *(other.result(20) for other in others)]
    assert sizes[0] == (1, 7) and sorted(sizes[1:]) == [(2, 3), (3, 5)]
    for signal, answer in zip(signals, answers, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(answer, run(signal), strict=True))


def test_a_batch_that_fails_fails_those_who_asked_and_no_others() -> None:
    def picky(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if batch.shape[1] == 3:
            raise RuntimeError("out of memory")
        return run(batch)

    batches = Batches(picky)
    with pytest.raises(RuntimeError, match="out of memory"):
        batches(np.zeros((1, 3), np.float32))
    assert batches(np.ones((1, 4), np.float32))[0] == 4


def test_threads_hear_what_one_alone_hears() -> None:
    sounds = [tone(200 * (i + 1), 1 + 0.5 * (i % 2)) for i in range(6)]
    ear = Ear(device="cpu")
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda sound: ear.hear(sound, RATE), sounds))
    for sound, heard in zip(sounds, together, strict=True):
        alone = ear.hear(sound, RATE)
        assert np.array_equal(heard[0], alone[0]) and np.array_equal(heard[1], alone[1])


def test_the_real_ear_hears_a_batch_as_it_hears_each() -> None:
    model = load_model(shipped_model("ear"), "ear", "cpu")
    signals = np.random.default_rng(0).normal(0, 0.1, (4, model.rate)).astype(np.float32)
    for together, alone in zip(model.run(signals), zip(*(model.run(signal[None]) for signal in signals), strict=True),
                               strict=True):
        assert np.allclose(together, np.concatenate(alone), atol=1e-3)
