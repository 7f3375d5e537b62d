"""Model files are run once on zeros of a live input's shape before they may play, which also warms them up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError

if TYPE_CHECKING:
    from engine.modelfile import Model

PROBE_FRAME = (360, 640, 3)
PROBE_SECONDS = 1.0
_SUM_TOLERANCE = 1e-3
_RANGE_TOLERANCE = 1e-3

Input = NDArray[Any] | int
Expected = tuple[str, tuple[int, ...]]
"""Name and shape of an output, which is float32."""


def probe(model: Model) -> None:
    """Run the model once; UserError says with what, what was expected and what came."""
    for method, inputs, expected in _trials(model):
        outputs = _run(model, method, inputs, expected)
        for (name, _), output in zip(expected, outputs, strict=True):
            if name in ("picture", "lms"):
                low, high = float(output.min()), float(output.max())
                if low < -_RANGE_TOLERANCE or high > 1 + _RANGE_TOLERANCE:
                    raise UserError(f"{_given(model, method, inputs)}: expected {name} in 0..1, got {low:.4g} to "
                                    f"{high:.4g}")
            elif name == "log_p" and abs((total := float(np.exp(output).sum())) - 1) > _SUM_TOLERANCE:
                raise UserError(f"{_given(model, method, inputs)}: expected exp(log_p) to sum to 1, got {total:.4g}")


def _trials(model: Model) -> Iterator[tuple[str, tuple[Input, ...], tuple[Expected, ...]]]:
    """What is tried: method, its inputs, and what has to come out."""
    frame = np.zeros((1, *PROBE_FRAME), np.uint8)
    distribution = ("log_p", (1, len(model.classes))), ("embedding", (1, model.embedding))
    if model.kind == "eye":
        yield "forward", (frame,), distribution
    elif model.kind == "ear":
        yield "forward", (np.zeros((1, int(model.rate * PROBE_SECONDS)), np.float32),), distribution
    else:
        latent = np.zeros((1, model.manifest["latent"]), np.float32)
        if model.kind == "voice":
            yield "forward", (frame, latent), (("lms", (1, model.manifest["mels"], model.manifest["frames"])),)
        else:
            wave = np.zeros((1, round(model.rate * model.manifest["window_s"])), np.float32)
            yield "listen", (wave,), (("condition", (1, model.embedding)),)
            condition = np.zeros((1, model.embedding), np.float32)
            for side in model.manifest["sides"]:
                yield "paint", (condition, latent, side), (("picture", (1, 3, side, side)),)


def _run(model: Model, method: str, inputs: tuple[Input, ...],
         expected: tuple[Expected, ...]) -> tuple[NDArray[np.float32], ...]:
    given = _given(model, method, inputs)
    names = ", ".join(name for name, _ in expected)
    try:
        outputs = model.call(method, *inputs)
    except (RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{given}, expected {f'({names})' if len(expected) > 1 else names}, but it failed: "
                        f"{first_line(error)}") from None
    if len(outputs) != len(expected):
        raise UserError(f"{given}: expected {names}, got {len(outputs)} outputs")
    for (name, shape), output in zip(expected, outputs, strict=True):
        if output.shape != shape or output.dtype != np.float32:
            raise UserError(f"{given}: expected {name} float32 {list(shape)}, got {output.dtype} {list(output.shape)}")
        if not np.isfinite(output).all():
            raise UserError(f"{given}: expected finite {name}, got {int((~np.isfinite(output)).sum())} of "
                            f"{output.size} values that are not")
    return outputs


def _given(model: Model, method: str, inputs: tuple[Input, ...]) -> str:
    shown = ", ".join(str(one) if isinstance(one, int) else f"{one.dtype} {list(one.shape)}" for one in inputs)
    called = "" if method == "forward" else f"{method}() "
    return f"model file {model.path}: {called}probed with zeros {shown}"


def first_line(error: Exception) -> str:
    """Return the line of an error of torch that says what is wrong: its last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
