"""Building blocks that the eye's and the ear's trunks share."""

import torch.nn.functional as F
from torch import Tensor, nn


class SameConv(nn.Module):
    """3x3 or 1x1 convolution with bias and TensorFlow's SAME padding: [N,C,H,W] -> [N,D,ceil(H/stride),ceil(W/stride)].

    TensorFlow pads an even side only after its end when the stride is 2; weights trained there need the same.
    `ceiling` clips the output to [0, ceiling]: infinity is ReLU, 6 is ReLU6, None is linear.
    """

    def __init__(
        self, channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1, ceiling: float | None = 6.0
    ) -> None:
        super().__init__()
        self.strided = stride == 2
        self.linear = ceiling is None
        self.ceiling = float("inf") if ceiling is None else ceiling
        self.conv = nn.Conv2d(channels, out, kernel, stride, padding=0 if self.strided else kernel // 2, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        if self.strided:
            x = F.pad(x, [x.shape[3] % 2, 1, x.shape[2] % 2, 1])
        x = self.conv(x)
        return x if self.linear else F.hardtanh(x, 0.0, self.ceiling)
