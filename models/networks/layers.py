"""Building blocks that the eye's and the ear's trunks share."""

import torch.nn.functional as F
from torch import Tensor, nn


class HalvingConv(nn.Conv2d):
    """3x3 convolution with stride 2 that pads after the end only: [N,C,H,W] -> [N,D,H/2,W/2], H and W even."""

    def __init__(self, channels: int, out: int, groups: int) -> None:
        super().__init__(channels, out, 3, 2, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        # On evenly padded x, a kernel with zeros before it does the same, and x need not be copied into a larger one.
        return F.conv2d(x, F.pad(self.weight, [1, 0, 1, 0]), self.bias, stride=2, padding=1, groups=self.groups)


class SameConv(nn.Module):
    """3x3 or 1x1 convolution with bias and TensorFlow's SAME padding: [N,C,H,W] -> [N,D,H/stride,W/stride].

    H and W are multiples of the stride, 1 or 2. TensorFlow pads only after the end when the stride is 2; weights
    trained there need the same. `ceiling` clips the output to [0, ceiling]: infinity is ReLU, 6 is ReLU6, None is
    linear.
    """

    def __init__(
        self, channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1, ceiling: float | None = 6.0
    ) -> None:
        super().__init__()
        self.linear = ceiling is None
        self.ceiling = float("inf") if ceiling is None else ceiling
        self.conv: nn.Conv2d
        if stride == 2:
            self.conv = HalvingConv(channels, out, groups)
        else:
            self.conv = nn.Conv2d(channels, out, kernel, padding=kernel // 2, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x if self.linear else F.hardtanh(x, 0.0, self.ceiling, inplace=True)
