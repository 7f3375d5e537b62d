"""Runs picture outputs as an instrument does, with pictures that a test makes."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.outputs.face import OutputsFace
from engine.shared import Session
from engine.show import OutputConfig, Show

PATIENCE = 60.0


@dataclass
class Outputs:
    """Running outputs; `said`: what a person was told."""

    session: Session
    face: OutputsFace
    said: list[str] = field(default_factory=list)

    def told(self, number: int, name: str) -> float:
        """Return a figure of output `number`."""
        return self.session.told(f"output/{number}/{name}")

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Let a dream appear, now."""
        self.session.dream.write(picture, time.monotonic())

    def wait(self, condition: Callable[[], object], what: str, picture: NDArray[np.uint8] | None = None) -> None:
        """Return as soon as `condition` holds, showing `picture` meanwhile; fails the test if it never does."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if picture is not None:
                self.show(picture)
            if time.monotonic() > deadline:
                pytest.fail(f"waited {PATIENCE:.0f} s in vain for {what}; said: {self.said}")
            time.sleep(0.01)


@contextlib.contextmanager
def sending(*configs: OutputConfig) -> Iterator[Outputs]:
    """Run outputs."""
    session = Session.create(Show(outputs=configs).to_dict())
    said: list[str] = []
    face = OutputsFace(session, configs, said.append)
    try:
        face.start()
        yield Outputs(session, face, said)
    finally:
        face.close()
        session.close()


def picture(height: int = 48, width: int = 64, seed: int = 0) -> NDArray[np.uint8]:
    """Return a picture whose every pixel is another."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
