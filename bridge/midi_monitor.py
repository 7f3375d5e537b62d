"""Shows what comes in from MIDI inputs, as a mapping file names it."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO

from bridge.mapping.edit import expression
from bridge.midi_messages import Decoder, Program
from bridge.midi_ports import Connection, ServerDied, Watch
from engine.errors import UserError

_TICK = 0.002


def monitor(names: Sequence[str], as_json: bool, out: TextIO, say: Callable[[str], None]) -> None:
    """Print a line to `out` for each thing that comes in from the inputs called `names`, until Ctrl-C.

    Inputs that aren't there are waited for, which `say` is told. UserError if the JACK server ends.
    """
    inputs = [(name, Connection("input", name, "monitor"), Decoder(name)) for name in names]
    watch = Watch([connection for _, connection, _ in inputs], say)
    try:
        while True:
            now = time.monotonic()
            watch.poll(now)
            for name, connection, decoder in inputs:
                while (got := connection.receive()) is not None:
                    for found in _told(name, decoder, got[0], now):
                        print(json.dumps(found) if as_json else _line(found), file=out, flush=True)
            time.sleep(_TICK)
    except ServerDied:
        raise UserError("the JACK server ended; start it and this again") from None
    finally:
        watch.close()


def _told(port: str, decoder: Decoder, data: list[int], now: float) -> Iterator[dict[str, Any]]:
    try:
        found = list(decoder.decode(data, now))
    except ValueError:
        yield {"port": port, "bytes": data}
        return
    for said in found:
        if isinstance(said, Program):
            yield {"port": port, "program": said.number}
        else:
            yield {"port": port, "from": expression(said.control), "value": said.value}


def _line(found: dict[str, Any]) -> str:
    if "bytes" in found:
        return f"{found['port']}: {found['bytes']} is no MIDI message"
    if "program" in found:
        return f"program = {found['program']}    # from {found['port']}"
    return f"{found['from']:<40} {found['value']:.4f}"
