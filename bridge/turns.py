"""How long a thread of the faces' process computes before others go on."""

import sys

_TURN = 0.0005


def take_turns() -> None:
    """Let threads take turns every 0.5 ms, a tenth of Python's own: OSC must not wait for a panel that is being drawn.
    """
    sys.setswitchinterval(_TURN)
