"""Fixtures that more than one wing uses."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from engine.shared import Session

# How long an example takes depends on the machine, and no test may.
settings.register_profile("phonoscope", deadline=None)
settings.load_profile("phonoscope")

_DATA = Path(os.environ.get("PHONOSCOPE_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let the programs that tests start hear Ctrl-C, also where the tests run in the background and don't."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real photographs and recordings, which is not part of the project."""
    if not _DATA.is_dir():
        pytest.skip(f"real data is not at {_DATA}; set PHONOSCOPE_DATA to its folder")
    return _DATA


@pytest.fixture
def session() -> Iterator[Session]:
    """A live set of shared memory, removed afterwards."""
    session = Session.create({})
    yield session
    session.close()


@pytest.fixture(scope="session")
def shared_session() -> Iterator[Session]:
    """One set of shared memory for tests that run thousands of times and change nothing in it."""
    session = Session.create({})
    yield session
    session.close()
