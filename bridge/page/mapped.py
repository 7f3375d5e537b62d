"""The page's view of the library as a map."""

from bridge.page.view import Asked, View


def routes(view: View) -> list[Asked]:
    """Return what browsers can ask for."""
    return []
