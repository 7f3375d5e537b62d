"""Where model files lie, and what they are called on the command line and in show files.

Those that ship are called as their kind: `eye`, `ear`, `dream`, `voice`. Added ones lie in $PHONOSCOPE_MODELS or, where
that is not set, in `phonoscope/models` of the user's data folder ($XDG_DATA_HOME, ~/.local/share), and are called as
their files without `.ts`.
"""

import json
import os
from pathlib import Path
from typing import Literal, get_args

from engine.errors import UserError

Kind = Literal["eye", "ear", "dream", "voice"]
"""An eye knows pictures, an ear sounds; a dream paints sounds, a voice sounds pictures."""
KINDS: tuple[Kind, ...] = get_args(Kind)

_WEIGHTS = Path(__file__).resolve().parents[1] / "models" / "weights"


def shipped_model(kind: Kind) -> Path:
    """Return the model file of that kind that comes with Phonoscope."""
    return _WEIGHTS / f"{kind}.ts"


def models_folder() -> Path:
    """Return the folder of the added models; it need not exist."""
    if chosen := os.environ.get("PHONOSCOPE_MODELS"):
        return Path(chosen)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "phonoscope" / "models"


def named_models() -> dict[str, Path]:
    """Return name -> file of the models that ship by their index, then of the added ones by name."""
    listed = json.loads((_WEIGHTS / "manifest.json").read_text(encoding="utf-8"))
    shipped: dict[str, Path] = {kind: shipped_model(kind) for kind in KINDS if f"{kind}.ts" in listed}
    return shipped | {file.stem: file for file in sorted(models_folder().glob("*.ts"))}


def find_model(name: str | Path) -> Path:
    """Return the file `name`, or where there is none the file of the model called so; UserError if there is neither."""
    if os.path.isfile(name):  # False also where it is forbidden to look
        return Path(name)
    models = named_models()
    if str(name) in models:
        return models[str(name)]
    raise UserError(f"model file {name}: No such file, nor is there a model of that name in {models_folder()}; "
                    f"expected a file (.ts) or one of: {', '.join(models)}")
