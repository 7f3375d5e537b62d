"""How a model's `paint` is run: exactly, or with half the bits where that is faster and paints the same pictures.

On processors with bfloat16 (AVX-512 BF16, AMX) a convolutional generator takes half the time in it. On CUDA the
arithmetic is half precision, and the many small kernels of a picture are launched as one CUDA graph.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from engine.modelfile import Model

if TYPE_CHECKING:
    import torch

Brush = Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]
"""Paints a picture [1, 3, side, side], 0..1, of a condition [1, C] and a latent [1, Z], float32 on the model's device;
to be called in inference mode. What it returns holds until the next call."""

_TRIALS = 8
_ALIKE = 0.02
"""Mean difference (of 0..1) of any trial's pictures up to which a coarser arithmetic paints the same."""
_WARM_UP = 3
_log = logging.getLogger("phonoscope.model")


def exact(model: Model, side: int) -> Brush:
    """Return the brush in float32."""
    import torch

    def paint(condition: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        with torch.jit.optimized_execution(False):
            picture: torch.Tensor = model.script.paint(condition, latent, side)
        return picture

    return paint


def fastest(model: Model, side: int) -> tuple[Brush, str]:
    """Return the fastest brush that paints what the exact one does, and what its arithmetic is called."""
    import torch

    reference = exact(model, side)
    for name, make in _faster(model.device):
        with contextlib.suppress(RuntimeError), torch.inference_mode():  # what this device can't do it does otherwise
            brush = make(model, side)
            if (apart := _apart(brush, reference, model)) <= _ALIKE:
                return brush, name
            _log.warning("model file %s paints in float32: in %s its pictures are %.2g away, expected at most %g",
                         model.path, name, apart, _ALIKE)
    return reference, "float32"


def _faster(device: str) -> Iterator[tuple[str, Callable[[Model, int], Brush]]]:
    import torch

    if device == "cuda":
        yield "float16, graph", _graphed
        yield "float16", lambda model, side: _coarse(model, side, torch.float16)
        return
    has = torch.cpu.get_capabilities()
    if has.get("avx512_bf16") or has.get("amx_bf16"):
        yield "bfloat16", lambda model, side: _coarse(model, side, torch.bfloat16)


def _coarse(model: Model, side: int, dtype: torch.dtype) -> Brush:
    import torch

    paint_exactly = exact(model, side)

    def paint(condition: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        with torch.autocast(model.device, dtype, cache_enabled=False):
            return paint_exactly(condition, latent).float()

    return paint


def _graphed(model: Model, side: int) -> Brush:
    import torch

    paint_once = _coarse(model, side, torch.float16)
    condition, latent = (torch.zeros(1, length, device=model.device) for length in
                         (model.embedding, model.manifest["latent"]))
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(_WARM_UP):  # libraries allocate at their first uses, which a capture forbids
            paint_once(condition, latent)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        picture = paint_once(condition, latent)

    def paint(new_condition: torch.Tensor, new_latent: torch.Tensor) -> torch.Tensor:
        condition.copy_(new_condition)
        latent.copy_(new_latent)
        graph.replay()
        return picture

    return paint


def _apart(brush: Brush, reference: Brush, model: Model) -> float:
    import torch

    random = torch.Generator().manual_seed(0)
    worst = 0.0
    for _ in range(_TRIALS):
        condition = torch.nn.functional.normalize(torch.randn(1, model.embedding, generator=random), dim=1)
        condition[0, -1] = torch.rand(1, generator=random)
        latent = torch.randn(1, model.manifest["latent"], generator=random).to(model.device)
        condition = condition.to(model.device)
        worst = max(worst, float((brush(condition, latent) - reference(condition, latent)).abs().mean().nan_to_num(1)))
    return worst
