"""An eye on OpenVINO, where that is installed (`pip install 'phonoscope[fast]'`): the same answers in less time.

OpenVINO neither knows torch's antialiased resize of bytes nor is its own as fast. So the frame is shrunk by torch to
the size that the network asks for, and OpenVINO gets the network for that size, which then has nothing to resize.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

See = Callable[["torch.Tensor"], "tuple[torch.Tensor, torch.Tensor]"]
_SETTINGS = {
    "INFERENCE_NUM_THREADS": 1,
    "ENABLE_CPU_PINNING": False,  # the audio thread may need that core
    "INFERENCE_PRECISION_HINT": "f32",
    "PERFORMANCE_HINT": "LATENCY",
}


class Unfit(Exception):
    """Says why a network can't be accelerated."""


def accelerate(script: torch.jit.ScriptModule) -> See:
    """Return a function that does for one frame, uint8 [1, height, width, 3] on the CPU, what the frozen eye does.

    Takes about a second. Raises ImportError without OpenVINO, Unfit if it can't run this network.
    """
    # OpenVINO reports each import over the network, unless it finds nothing to do that with.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino
    import torch

    size = _native_size(script)
    example = torch.zeros((1, *size, 3), dtype=torch.uint8)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch.jit's deprecation, by OpenVINO
            network = openvino.convert_model(script, example_input=(example,),
                                             input=[(openvino.PartialShape(list(example.shape)), openvino.Type.u8)])
        request = openvino.Core().compile_model(network, "CPU", _SETTINGS).create_infer_request()
    except Exception as error:  # its many parts raise what they like
        raise Unfit(f"OpenVINO can't run it: {str(error).strip().splitlines()[-1]}") from error

    def see(frame: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        small = frame
        if frame.shape[1:3] != size:
            small = torch.nn.functional.interpolate(frame.permute(0, 3, 1, 2), size=list(size), mode="bilinear",
                                                    antialias=True).permute(0, 2, 3, 1)
        request.infer([small.contiguous().numpy()])
        log_p, embedding = (torch.from_numpy(request.get_output_tensor(i).data.copy()) for i in range(2))
        return log_p, embedding

    return see


def _native_size(script: torch.jit.ScriptModule) -> tuple[int, int]:
    """Return (height, width) of the pictures that the network's trunk takes."""
    graph: Any = script.graph
    sizes = {tuple(list(node.inputs())[1].toIValue() or ())
             for node in graph.findAllNodes("aten::_upsample_bilinear2d_aa", True)}
    if len(sizes) != 1 or len(size := sizes.pop()) != 2:
        raise Unfit("it doesn't shrink its pictures, antialiased, to one size")
    return size
