"""The ear: from a sound to the places where it belongs, in the classes that the eye knows."""

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import audiofile
from engine.modelfile import Device, load_model, read_manifest, shipped_model

Signal = NDArray[np.float32]
Heard = tuple[NDArray[np.float32], NDArray[np.float32]]


class Ear:
    """A model file that listens. name, sha256: of the file; classes: names of the scene classes.

    The file is checked at once, but loaded only when there is something to hear. Several threads may ask at a time:
    on the CPU each runs the model by itself, on a GPU what they bring is heard in batches.
    """

    def __init__(self, path: str | Path = "", device: Device = "auto") -> None:
        """Take the model file `path` ("" is the shipped one); UserError if it can't be used."""
        self._path, self._device = Path(path or shipped_model("ear")), device
        manifest, self.sha256 = read_manifest(self._path, "ear")
        self.name, self.classes, self._rate = str(manifest["name"]), tuple(manifest["classes"]), int(manifest["rate"])
        self._model: Callable[[Signal], Heard] | None = None
        self._loading = threading.Lock()

    def hear(self, samples: NDArray[np.float32], rate: int) -> Heard:
        """Return (log_q float32 [classes], embedding float32 [D], unit length) of samples [n, channels], n >= 1.

        Raises UserError if the model file can't be loaded, RuntimeError if the network fails.
        """
        mono = audiofile.resample(samples.mean(axis=1, keepdims=True), rate, self._rate)
        log_q, embedding = self._loaded()(mono.T if len(mono) else np.zeros((1, 1), np.float32))
        return log_q[0], embedding[0]

    def _loaded(self) -> Callable[[Signal], Heard]:
        with self._loading:
            if self._model is None:
                model = load_model(self._path, "ear", self._device)
                self._model = model.run if model.device == "cpu" else Batches(model.run)
            return self._model


class Batches:
    """Makes batches of what several threads want to run: while one batch is computed, the next one gathers."""

    def __init__(self, run: Callable[[Signal], Heard]) -> None:
        """run: takes float32 [N, T]."""
        self._run = run
        self._waiting: list[tuple[Signal, Future[Heard]]] = []
        self._busy, self._gate = threading.Lock(), threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for the next batch."""
        return len(self._waiting)

    def __call__(self, signal: Signal) -> Heard:
        """Return what `run` returns of `signal`, float32 [1, T], alone."""
        answer: Future[Heard] = Future()
        with self._gate:
            self._waiting.append((signal, answer))
        with self._busy:
            if not answer.done():
                with self._gate:
                    waiting, self._waiting = self._waiting, []
                self._answer(waiting)
        return answer.result()

    def _answer(self, waiting: list[tuple[Signal, Future[Heard]]]) -> None:
        """Run signals of the same length together: silence at the end of the others would be heard too."""
        lengths = defaultdict(list)
        for signal, answer in waiting:
            lengths[signal.shape[1]].append((signal, answer))
        for same in lengths.values():
            try:
                log_q, embedding = self._run(np.concatenate([signal for signal, _ in same]))
            except Exception as error:  # it belongs to those who asked
                for _, answer in same:
                    answer.set_exception(error)
            else:
                for i, (_, answer) in enumerate(same):
                    answer.set_result((log_q[i:i + 1], embedding[i:i + 1]))
