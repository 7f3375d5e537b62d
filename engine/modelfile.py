"""Model files: TorchScript with a manifest inside, checked before they may run and probed before they play.

A model file is a program. So its bytes are hashed first and nothing of it is unpacked unless somebody wrote that hash
down: in `manifest.json` beside the file ({NAME: {"sha256": hex, "bytes": n}}) or in `NAME.sha256` as sha256sum writes.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import warnings
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from engine.accelerated import See, Unfit, accelerate
from engine.errors import UserError
from engine.modelmanifest import check_manifest
from engine.modelnames import Kind, find_model
from engine.modelnames import shipped_model as shipped_model
from engine.modelprobe import PROBE_FRAME, Input, first_line, probe

if TYPE_CHECKING:
    import torch

Device = Literal["auto", "cpu", "cuda"]

_METHODS: dict[Kind, list[str]] = {"dream": ["listen", "paint"]}
"""What the models of a kind can do beside `forward`."""
_AGREEMENT = 1e-3
"""How far an accelerated eye's answers may lie from torch's; float32 is a hundred times nearer."""
_log = logging.getLogger("phonoscope.model")


@dataclass(frozen=True, eq=False)
class Model:
    """A model that passed its probe.

    name: what the manifest calls it. sha256: hex digest of the file. classes: names of the `log_p` columns.
    embedding: length D of the embedding, a dream's condition or a voice's feature. rate: sampling rate that an ear or a
    dream expects and a voice's sound has, Hz (0 for an eye). manifest: everything that the file says of itself. device:
    "cpu" or "cuda". fast: what sees a single frame, where an accelerator is installed and agrees.
    """

    path: Path
    kind: Kind
    name: str
    sha256: str
    classes: tuple[str, ...]
    embedding: int
    rate: int
    manifest: dict[str, Any]
    device: str
    script: torch.jit.ScriptModule
    fast: See | None = None

    @property
    def backend(self) -> str:
        """What computes: "torch" or "openvino"."""
        return "openvino" if self.fast else "torch"

    def run(self, batch: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (log_p float32 [N, classes], embedding float32 [N, D]) of a batch.

        An eye takes uint8 [N, height, width, 3] RGB, height and width at least 16; an ear float32 [N, samples] mono
        at `rate`. Raises RuntimeError if the network fails on the batch.
        """
        if self.fast is None or len(batch) != 1:
            log_p, embedding = self.call("forward", batch)
            return log_p, embedding
        import torch

        log_p, embedding = (answer.numpy() for answer in self.fast(torch.from_numpy(np.ascontiguousarray(batch))))
        return log_p, embedding

    def call(self, method: str, *inputs: Input) -> tuple[NDArray[np.float32], ...]:
        """Return what `method` ("forward", or for a dream "listen" or "paint") gives for arrays and integers.

        Raises RuntimeError if the network fails on them.
        """
        import torch

        given = [one if isinstance(one, int) else torch.from_numpy(np.ascontiguousarray(one)).to(self.device)
                 for one in inputs]
        # The graph is frozen already. The optimising executor gains nothing, but takes 80 ms more for its first runs
        # and compiles again for new shapes.
        with torch.inference_mode(), torch.jit.optimized_execution(False):
            outputs = getattr(self.script, method)(*given)
        return tuple(output.cpu().numpy() for output in (outputs if isinstance(outputs, tuple) else (outputs,)))


def load_model(path: str | Path, kind: Kind, device: Device = "auto") -> Model:
    """Load the model file `path`, check its hash and its manifest, and probe it with zeros.

    path: a file, or the name of a shipped or added model (engine.modelnames).
    On the CPU an eye runs on OpenVINO where that is installed (the extra `fast`) and gives the same answers.

    device: "auto" takes CUDA where there is one on which the model passes its probe, else the CPU. Sets torch to one
    thread, as a live process has to.
    Raises UserError if the file is missing, unknown, altered, of another kind, or fails its probe.
    """
    path = find_model(path)
    body = _trusted_bytes(path)
    torch = import_torch()
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError(f"{path}: device 'cuda' was asked for, but torch finds no CUDA device; use 'cpu' or 'auto'")
    if device == "auto" and torch.cuda.is_available():
        with contextlib.suppress(UserError):  # this torch may not know the GPU; the CPU says what is wrong otherwise
            return _load(path, body, kind, "cuda")
    return _load(path, body, kind, "cuda" if device == "cuda" else "cpu")


def read_manifest(path: str | Path, kind: Kind | None = None) -> tuple[dict[str, Any], str]:
    """Return (manifest, sha256) of a model file without loading it, nor torch; UserError as from `load_model`.

    kind: what it has to be; None takes any.
    """
    path = find_model(path)
    body = _trusted_bytes(path)
    manifest = None
    with contextlib.suppress(zipfile.BadZipFile, LookupError, ValueError), zipfile.ZipFile(io.BytesIO(body)) as archive:
        top = archive.namelist()[0].partition("/")[0]
        manifest = json.loads(archive.read(f"{top}/extra/manifest.json"))
    check_manifest(path, manifest, kind)
    return cast(dict[str, Any], manifest), hashlib.sha256(body).hexdigest()


def import_torch() -> Any:
    """Import torch (about a second) the way that live processes need it, and return it."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning OpenMP barriers stall on busy cores
    import torch

    torch.set_num_threads(1)
    return torch


def _load(path: Path, body: bytes, kind: Kind, device: str) -> Model:
    script, manifest = _unpack(path, body, kind, device)
    model = Model(path, kind, manifest["name"], hashlib.sha256(body).hexdigest(), tuple(manifest["classes"]),
                  manifest["embedding"], manifest.get("rate", 0), manifest, device, script)
    probe(model)
    return _accelerated(model) if kind == "eye" and device == "cpu" else model


def _accelerated(model: Model) -> Model:
    """Return the model with a faster back end, if there is one and it gives torch's answers to a picture."""
    try:
        fast = replace(model, fast=accelerate(model.script))
    except ImportError:
        return model
    except Unfit as why:
        _log.warning("model file %s runs on torch: %s", model.path, why)
        return model
    frame = np.random.default_rng(0).integers(0, 256, (1, *PROBE_FRAME), np.uint8)
    apart = max(float(np.abs(ours - theirs).max())
                for ours, theirs in zip(fast.run(frame), model.run(frame), strict=True))
    if apart <= _AGREEMENT:
        return fast
    _log.warning("model file %s runs on torch: OpenVINO's answers are %.2g away, expected at most %g",
                 model.path, apart, _AGREEMENT)
    return model


def _trusted_bytes(path: Path) -> bytes:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise UserError(f"model file {path}: {error.strerror}; expected a TorchScript file (.ts)") from None
    actual = hashlib.sha256(body).hexdigest()
    expected, where = _written_hash(path)
    if expected is None:
        raise UserError(f"model file {path}: its checksum is written nowhere, and a model file is a program. If you "
                        f"trust it, write this line to {path.name}.sha256 beside it:\n{actual}  {path.name}")
    if actual != expected.lower():
        raise UserError(f"model file {path}: the file is damaged or not the one that {where} lists: expected sha256 "
                        f"{expected}, got {actual}; fetch it again")
    return body


def _written_hash(path: Path) -> tuple[str | None, str]:
    index, single = path.with_name("manifest.json"), path.with_name(f"{path.name}.sha256")
    try:
        if index.exists() and (entry := json.loads(index.read_text(encoding="utf-8")).get(path.name)):
            return str(entry["sha256"]), str(index)
        if single.exists() and (words := single.read_text(encoding="utf-8").split()):
            return words[0], str(single)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"the checksums beside {path} can't be read ({error!r}); expected "
                        '{"NAME": {"sha256": HEX, "bytes": N}} in manifest.json') from None
    return None, ""


def _unpack(path: Path, body: bytes, kind: Kind, device: str) -> tuple[torch.jit.ScriptModule, dict[str, Any]]:
    import torch

    extra = {"manifest.json": ""}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*torch\.jit\.\w+.* is deprecated", DeprecationWarning)
        try:
            script = torch.jit.load(io.BytesIO(body), map_location=device, _extra_files=extra)
            manifest = _parsed(path, extra["manifest.json"])
            check_manifest(path, manifest, kind)
            methods = _METHODS.get(kind, [])
            if missing := [name for name in methods if not hasattr(script, name)]:
                raise UserError(f"model file {path}: expected the methods {' and '.join(methods)} of a {kind}, but "
                                f"there is no {' nor '.join(missing)}")
            # Half-precision weights only save space in the file. channels_last and freezing are worth a third of
            # the time of a frame, and freezing pays for itself within the first run.
            script = torch.jit.freeze(script.float().eval().to(memory_format=torch.channels_last), methods)
        except RuntimeError as error:
            raise UserError(f"model file {path}: not a TorchScript file that this torch {torch.__version__} can read: "
                            f"{first_line(error)}") from None
    return script, manifest


def _parsed(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise UserError(f"model file {path}: there is no manifest.json inside; expected a file that "
                        "`phonoscope train` or `phonoscope models add` made") from None
