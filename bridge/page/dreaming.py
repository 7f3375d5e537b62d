"""The page's view of what a sound of one's own looks like."""

from bridge.page.view import Asked, View


def routes(view: View) -> list[Asked]:
    """Return what browsers can ask for."""
    return []
