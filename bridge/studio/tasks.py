"""What the studio can do. A task gets what it is told and a body, and yields results: a JSON object and bytes each.

UserError says why something can't be done; so does MemoryError, of what is too large. What tasks have in common
(models, libraries) is loaded once and kept by the Shelf.
"""

from collections.abc import Callable, Iterator

from bridge.studio import dreaming, imagining, mapping
from bridge.studio.shelf import Shelf
from bridge.studio.wire import Header, Result

Task = Callable[[Shelf, Header, bytes], Iterator[Result]]


def wake(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Be there."""
    yield {}, b""


TASKS: dict[str, Task] = {
    "wake": wake,
    "imagine/prepare": imagining.prepare, "imagine/picture": imagining.see, "imagine/sound": imagining.hear,
    "imagine/page": imagining.keep,
    "map/overview": mapping.overview, "map/places": mapping.places, "map/detail": mapping.detail,
    "map/preview": mapping.preview,
    "dream/prepare": dreaming.prepare, "dream/hear": dreaming.hear, "dream/paint": dreaming.paint,
    "dream/film": dreaming.film,
}
