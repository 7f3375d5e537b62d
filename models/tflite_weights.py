"""Initial weights of the trunks, read from the public quantised TFLite files of MobileNet v2 and YAMNet."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .networks.layers import SameConv
from .networks.mobilenet import MobileNetV2
from .networks.yamnet import YamNet

MOBILENET_FILE = "mobilenet/mobilenet_v2_1.0_224_quant.tflite"
YAMNET_FILE = "yamnet/yamnet.tflite"


def load_mobilenet(trunk: MobileNetV2, data: Path) -> None:
    """Fill `trunk` with the ImageNet weights under the data folder (Apache-2.0, TensorFlow model garden)."""
    fill_trunk(trunk, data / MOBILENET_FILE)


def load_yamnet(trunk: YamNet, data: Path) -> None:
    """Fill `trunk` with the AudioSet weights under the data folder (Apache-2.0, TensorFlow model garden)."""
    fill_trunk(trunk, data / YAMNET_FILE)


def fill_trunk(trunk: nn.Module, file: Path) -> None:
    """Copy a graph's convolutions, in the order they run, into the network's, in the order they were declared."""
    layers = [module.conv for module in trunk.modules() if isinstance(module, SameConv)]
    for layer, (weight, bias) in zip(layers, read_convolutions(file), strict=False):
        if layer.weight.shape != weight.shape:
            raise ValueError(f"{file}: found weights {tuple(weight.shape)} where {tuple(layer.weight.shape)} belong")
        layer.weight.data.copy_(weight)
        assert layer.bias is not None
        layer.bias.data.copy_(bias)


def read_convolutions(file: Path) -> list[tuple[Tensor, Tensor]]:
    """(weight float32 [out, in/groups, kernel, kernel], bias float32 [out]) of each convolution, dequantised."""
    import tflite

    model, operators, source = _open(file)
    found = []
    for operator in operators:
        code = _code(model, operator)
        if code not in (tflite.BuiltinOperator.CONV_2D, tflite.BuiltinOperator.DEPTHWISE_CONV_2D):
            continue
        index = int(operator.Inputs(1))
        weight = _tensor(model, source.get(index, index))
        # TFLite: convolution [out, h, w, in], depthwise [1, h, w, out]
        order = (0, 3, 1, 2) if code == tflite.BuiltinOperator.CONV_2D else (3, 0, 1, 2)
        bias = _tensor(model, int(operator.Inputs(2)))
        found.append((torch.from_numpy(np.ascontiguousarray(weight.transpose(order))), torch.from_numpy(bias)))
    return found


def read_classifier(file: Path) -> tuple[Tensor, Tensor]:
    """(weight float32 [classes, features], bias float32 [classes]) of the last fully connected layer, dequantised."""
    import tflite

    model, operators, source = _open(file)
    last = [op for op in operators if _code(model, op) == tflite.BuiltinOperator.FULLY_CONNECTED][-1]
    weight, bias = (int(last.Inputs(i)) for i in (1, 2))
    return tuple(torch.from_numpy(_tensor(model, source.get(i, i))) for i in (weight, bias))  # type: ignore[return-value]


def _open(
    file: Path,
) -> "tuple[tflite.Model, list[tflite.Operator], dict[int, int]]":  # type: ignore[name-defined]  # noqa: F821
    """A graph, its operators, and for each tensor that DEQUANTIZE makes (the same as floats) the one it is made of."""
    import tflite

    model = tflite.Model.GetRootAsModel(file.read_bytes(), 0)
    graph = model.Subgraphs(0)
    operators = [graph.Operators(i) for i in range(graph.OperatorsLength())]
    source = {
        int(operator.Outputs(0)): int(operator.Inputs(0))
        for operator in operators
        if _code(model, operator) == tflite.BuiltinOperator.DEQUANTIZE
    }
    return model, operators, source


def _code(model: "tflite.Model", operator: "tflite.Operator") -> int:  # type: ignore[name-defined]  # noqa: F821
    code = model.OperatorCodes(operator.OpcodeIndex())
    return max(code.BuiltinCode(), code.DeprecatedBuiltinCode())  # old files use only the deprecated field


def _tensor(model: "tflite.Model", index: int) -> np.ndarray:  # type: ignore[name-defined]  # noqa: F821
    """One constant as float32: (stored - zero point) * scale where quantised."""
    import tflite

    kinds = {
        tflite.TensorType.FLOAT32: np.float32,
        tflite.TensorType.INT32: np.int32,
        tflite.TensorType.UINT8: np.uint8,
        tflite.TensorType.INT8: np.int8,
    }
    tensor = model.Subgraphs(0).Tensors(index)
    raw = model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
    values = np.frombuffer(raw, kinds[tensor.Type()]).reshape(tensor.ShapeAsNumpy()).astype(np.float32)
    scheme = tensor.Quantization()
    if scheme is not None and scheme.ScaleLength():
        values = (values - float(scheme.ZeroPoint(0))) * float(scheme.Scale(0))
    return values
