"""What people may read of where pictures go: no password, passphrase or stream key."""

from bridge.outputs.destination import destination
from engine.errors import UserError


def shown(kind: str, target: str) -> str:
    """Return `target` of an output of that kind as people may read it; "" for an address that can't be understood."""
    if kind != "stream":
        return target
    try:
        return destination(target).name
    except UserError:
        return ""
