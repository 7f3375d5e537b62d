"""The page's view of what a picture of one's own sounds like."""

from bridge.page.view import Asked, View


def routes(view: View) -> list[Asked]:
    """Return what browsers can ask for."""
    return []
