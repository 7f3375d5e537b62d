"""What Wekinator learns from: all features of the input in one message."""

from bridge.namespace import FEATURE_DOCS, WEKINATOR
from bridge.osc_out import Message
from engine.shared import Session


class Wekinator:
    """Tells the features of each hop once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._hop = 0

    def message(self) -> Message | None:
        """Return the newest features, one float each, then the bands; None if there are none since the last call."""
        features = self._session.features.read()
        if features is None or int(features["hop"]) == self._hop:
            return None
        self._hop = int(features["hop"])
        return WEKINATOR, (*(float(features[name]) for name in FEATURE_DOCS), *features["bands"].tolist())
