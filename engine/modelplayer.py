"""What the players that run a model have in common: they can load it beforehand and then wait for their turn.

So one that died is followed at once, and another model takes over only when it has been loaded and is in order.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from engine.errors import UserError
from engine.player import CONFIGURATION_WRONG, LIBRARY, MODEL, STANDBY
from engine.shared import Session

Loaded = TypeVar("Loaded")
Load = Callable[[dict[str, Any], str | None], Loaded]
"""Loads what the configuration asks for, but with another model file if one is given; UserError if it can't."""
Play = Callable[[Path, Loaded | None], int]
"""Plays on the session in a folder, with what was loaded beforehand if anything was; returns the exit status."""


def run(player: str, load: "Load[Loaded]", play: "Play[Loaded]") -> NoReturn:
    """Be the player `player` as the command line says: SESSION_FOLDER [--standby [--model FILE] [--library FOLDER]]."""
    parser = argparse.ArgumentParser()
    parser.add_argument("session", type=Path)
    parser.add_argument(STANDBY, action="store_true", dest="standby")
    parser.add_argument(MODEL, dest="model")
    parser.add_argument(LIBRARY, dest="library")
    args = parser.parse_args()
    loaded = _stand_by(player, load, args.session, args.model, args.library) if args.standby else None
    # Python must not be taken down under threads that wait inside a driver or a library.
    os._exit(play(args.session, loaded))


def _stand_by(player: str, load: "Load[Loaded]", folder: Path, model: str | None, library: str | None) -> Loaded:
    """Load and wait for the turn; leaves the process if that never comes or if there is nothing to play with."""
    session = Session.attach(folder)
    is_wished = model is not None or library is not None
    try:
        loaded = load(session.config | ({} if library is None else {"library": library}), model)
    except UserError as error:
        if is_wished:  # else it is said when it matters: by the process that is to play
            print(f"{player}: {error}", file=sys.stderr, flush=True)
        os._exit(CONFIGURATION_WRONG)
    if is_wished:
        session.tell(f"{player}/candidate_pid", os.getpid())
    if not sys.stdin.buffer.read(1):
        os._exit(0)  # it is not needed any more
    return loaded
