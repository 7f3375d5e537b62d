"""Where a patch finds the instrument, and where the instrument finds it."""

from dataclasses import dataclass

from engine.show import Show

PICTURE_PORT = 7474
"""Port on which a Max patch waits for pictures, unless a show says another."""


@dataclass(frozen=True, slots=True)
class Link:
    """Ends of the connection, as seen by the patch.

    host, port: where the instrument receives OSC. listen: the port on which the patch hears it. pictures: the port on
    which Jitter waits for pictures. frames: the file of pictures that an output "mmap" writes, "" for its usual place.
    """

    host: str = "127.0.0.1"
    port: int = 9000
    listen: int = 9001
    pictures: int = PICTURE_PORT
    frames: str = ""

    @classmethod
    def of(cls, show: Show) -> "Link":
        """Return the link to an instrument that plays `show`, for a program that is its first target of OSC."""
        host, _, port = show.osc.listen.rpartition(":")
        listen = int(show.osc.targets[0].address.rpartition(":")[2]) if show.osc.targets else cls().listen
        targets = {output.kind: output.target for output in reversed(show.outputs)}  # of several the first
        pictures = targets.get("jitter", "").rpartition(":")[2]
        return cls("127.0.0.1" if host in ("", "0.0.0.0") else host, int(port), listen,
                   int(pictures) if pictures.isdecimal() else PICTURE_PORT, targets.get("mmap", ""))
