"""A convolution whose weights are stored as int8, for small model files."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Int8Conv2d(nn.Module):
    """1x1 convolution [N,C,H,W] -> [N,D,H,W] with one scale per output channel (symmetric, no zero point).

    Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only inference",
    for the weights alone: the arithmetic stays float. `torch.jit.freeze` unpacks the weights once and for all.
    """

    weight: Tensor
    scale: Tensor
    bias: Tensor

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        values = convolution.weight.data  # [D,C,1,1]
        scale = values.abs().amax([1, 2, 3], keepdim=True).clamp_min(1e-12) / 127
        assert convolution.bias is not None
        self.register_buffer("weight", (values / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)
        self.register_buffer("bias", convolution.bias.data.clone())

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight.float() * self.scale, self.bias)


def pack_pointwise(network: nn.Module) -> None:
    """Replace the 1x1 convolutions of a network by int8 ones, in place."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Conv2d) and child.kernel_size == (1, 1):
                setattr(module, name, Int8Conv2d(child))
