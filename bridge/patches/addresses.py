"""What of the name space of OSC concerns a patch."""

from bridge.namespace import NAMESPACE, ROOT, Address

HEARTBEAT = f"{ROOT}/heartbeat"
ACK = f"{ROOT}/ack"
"""What a patch answers to each heartbeat, with its number and the port on which it listens."""
EXAMPLES = {"s": "night", "i": "1", "f": "1."}
"""A word in place of each type of argument."""


def told() -> list[str]:
    """Return the addresses that the instrument sends to its patches."""
    return [a.path for a in NAMESPACE.values() if a.sends is not None and a.path.startswith(f"{ROOT}/")]


def wishes() -> list[Address]:
    """Return what a performer can ask for besides turning a knob."""
    return [a for a in NAMESPACE.values() if a.takes is not None and a.parameter is None and a.path != ACK]


def example(wish: Address) -> tuple[str, ...]:
    """Return arguments that fit a wish."""
    return tuple(EXAMPLES[tag] for tag in wish.takes or "")
