"""What the views of the page have in common."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.page.uploads import Uploads
from bridge.studio.client import Studio
from engine.library import shipped_library
from engine.modelnames import Kind
from engine.parameters import Parameter
from engine.shared import Session

Asked = tuple[str, str, Callable[[Request], Awaitable[Response]]]
"""What can be asked for: method, path, and what answers. Raise UserError there for what can't be done."""


@dataclass(frozen=True)
class View:
    """What a view needs: the playing instrument, the studio, and the reader of uploads."""

    session: Session
    studio: Studio
    uploads: Uploads

    @property
    def library(self) -> str:
        """Folder of the library that plays now."""
        record = self.session.match.read()
        playing = os.fsdecode(record["folder"].item()) if record is not None else ""
        return playing or self.session.config.get("library") or str(shipped_library())

    @property
    def eye(self) -> str:
        """Model file of the eye that sees now, "" for the shipped one."""
        return self._model("eye", "sight")

    @property
    def dream(self) -> str:
        """Model file that paints now, or would, "" for the shipped one."""
        return self._model("dream", "dream")

    def _model(self, kind: Kind, player: str) -> str:
        record = self.session.models[kind].read()
        used = os.fsdecode(record["file"].item()) if record is not None else ""
        return used or self.session.config.get(player, {}).get("model", "")


def described(parameter: Parameter) -> dict[str, Any]:
    """Return what a page makes a control of."""
    return {key: value for key, value in asdict(parameter).items() if key != "smoothing"}
