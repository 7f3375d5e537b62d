"""Model files: TorchScript with a manifest inside, the only thing that the engine takes from here.

`forward` holds everything that is the network's own business (resize, normalisation, spectrogram, windows). Beside the
shipped files `manifest.json` maps each name to its sha256 and size; the engine refuses a shipped file that differs.
"""

import copy
import hashlib
import json
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .networks.int8 import pack_pointwise

FORMAT = 1
FRAMES = {"name": "frames", "dtype": "uint8", "shape": [None, None, None, 3], "range": [0, 255],
          "doc": "pictures [N,H,W,3], RGB, height and width at least 16"}  # fmt: skip
WAVE = {"name": "wave", "dtype": "float32", "shape": [None, None], "range": [-1.0, 1.0],
        "doc": "mono sound [N,T] at the manifest's rate, T at least 1; short sound is repeated"}  # fmt: skip
HEARD = WAVE | {"doc": "mono sound [N,T] at the manifest's rate, T at least 1; silence follows short sound"}
LATENT = {"name": "latent", "dtype": "float32", "shape": [None, None], "range": [None, None],
          "doc": "[N,Z] standard normal, Z the manifest's latent"}  # fmt: skip
GENERATED: dict[str, dict[str, Any]] = {
    "dream": {"name": "picture", "dtype": "float32", "shape": [None, 3, None, None], "range": [0.0, 1.0],
              "doc": "RGB; `listen` gives the condition of a wave, `paint` the picture of a condition"},
    "voice": {"name": "spectrogram", "dtype": "float32", "shape": [None, 128, 44], "range": [0.0, 1.0],
              "doc": "log-mel power in decibels, 0 is top_db below the loudest; row 0 is the lowest band"},
}  # fmt: skip
INPUTS: dict[str, list[dict[str, Any]]] = {"eye": [FRAMES], "ear": [WAVE], "dream": [HEARD, LATENT],
                                           "voice": [FRAMES, LATENT]}  # fmt: skip


@dataclass
class Manifest:
    """What a model file says of itself.

    `embedding` and `features` are the lengths of the embedding and of what the file's method `features` gives for
    linear probes (`save_model` fills that one in). `kinds`, of sound, is an ear's only; `rate` (Hz) and `window_s` are
    of the sound that is heard or made. A dream (sound to picture) and a voice (picture to spectrogram) have the number
    of `latent` values; the dream the `sides` that it paints, the voice what its `spectrogram` is.
    """

    kind: str
    name: str
    classes: list[str]
    embedding: int
    data: str
    licence: str
    metrics: dict[str, Any]
    command: str
    kinds: list[str] | None = None
    features: int | None = None
    rate: int | None = None
    window_s: float | None = None
    latent: int | None = None
    sides: list[int] | None = None
    spectrogram: dict[str, int] = field(default_factory=dict)
    latency_s: float = 0.0
    format: int = FORMAT
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inputs = self.inputs or INPUTS[self.kind]
        self.outputs = self.outputs or self._outputs()

    def entries(self) -> dict[str, Any]:
        """What the file's manifest.json holds: all that is known, the spectrogram's facts among it."""
        told = {name: value for name, value in asdict(self).items() if value is not None and name != "spectrogram"}
        return told | self.spectrogram

    def _outputs(self) -> list[dict[str, Any]]:
        if self.kind in GENERATED:
            return [GENERATED[self.kind]]
        return [
            {"name": "log_p", "dtype": "float32", "shape": [None, len(self.classes)], "range": [None, 0.0],
             "doc": "natural log of the probability of each class; exp sums to 1"},
            {"name": "embedding", "dtype": "float32", "shape": [None, self.embedding], "range": [-1.0, 1.0],
             "doc": "unit vector; pictures and sounds of like places lie close (cosine)"},
        ]  # fmt: skip


def save_model(network: nn.Module, manifest: Manifest, file: Path) -> None:
    """Write the network as a model file, weights as half; the ear's pointwise convolutions, its bulk, as int8.

    Its checksum goes into the index `manifest.json` beside it, or where there is none into FILE.sha256. The network
    itself is left as it is.
    """
    network = copy.deepcopy(network).eval()
    if manifest.kind == "ear":  # its trunk is too large for half
        pack_pointwise(network)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            module.half()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript is our format all the same
        script = torch.jit.script(network)
    file.parent.mkdir(parents=True, exist_ok=True)
    features = getattr(network, "width", None)
    text = json.dumps(manifest.entries() | ({"features": features} if features else {}), indent=1)
    script.save(str(file), _extra_files={"manifest.json": text})
    _index(file)


def load_model(file: Path) -> tuple[torch.jit.ScriptModule, dict[str, Any]]:
    """The model in float32, ready to run, and its manifest."""
    extra = {"manifest.json": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = torch.jit.load(str(file), map_location="cpu", _extra_files=extra)
    return script.float().eval(), json.loads(extra["manifest.json"])


def record_metrics(file: Path, metrics: dict[str, Any]) -> None:
    """Put figures into a model file's manifest; the weights stay as they are."""
    extra = {"manifest.json": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = torch.jit.load(str(file), map_location="cpu", _extra_files=extra)
    text = json.dumps({**json.loads(extra["manifest.json"]), "metrics": metrics}, indent=1)
    script.save(str(file), _extra_files={"manifest.json": text})
    _index(file)


def run_in_batches(script: nn.Module, inputs: Tensor, size: int = 64) -> tuple[Tensor, Tensor]:
    """(log_p, embedding) of inputs [N,...], a batch at a time."""
    with torch.inference_mode():
        parts = [script(batch) for batch in inputs.split(size)]
    return torch.cat([p for p, _ in parts]), torch.cat([e for _, e in parts])


def _index(file: Path) -> None:
    """Write down the file's checksum, without which the engine won't run it: in the index beside it, or else alone."""
    body = file.read_bytes()
    sha256 = hashlib.sha256(body).hexdigest()
    index = file.parent / "manifest.json"
    if not index.exists():
        file.with_name(f"{file.name}.sha256").write_text(f"{sha256}  {file.name}\n", encoding="utf-8")
        return
    entries = json.loads(index.read_text(encoding="utf-8"))
    entries[file.name] = {"sha256": sha256, "bytes": len(body)}
    index.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", encoding="utf-8")
