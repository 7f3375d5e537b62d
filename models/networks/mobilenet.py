"""MobileNet v2, width 1.0, without its classifier and with batch norm folded into the convolutions.

Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks", table 2.
"""

from torch import Tensor, nn

from .layers import SameConv

FEATURES = 1280
# expansion, output channels, repeats, stride of the first
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


class InvertedResidual(nn.Module):
    """1x1 expand, 3x3 depthwise, 1x1 linear projection; the input is added where the shapes agree."""

    def __init__(self, channels: int, out: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.residual = stride == 1 and channels == out
        layers = [
            SameConv(wide, wide, 3, stride, groups=wide),
            SameConv(wide, out, 1, ceiling=None),
        ]
        if expansion > 1:
            layers.insert(0, SameConv(channels, wide, 1))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


class MobileNetV2(nn.Module):
    """Pictures [N,3,S,S] in -1..1, S a multiple of 32 -> features [N,1280] >= 0 (mean over the last map)."""

    def __init__(self) -> None:
        super().__init__()
        blocks: list[nn.Module] = [SameConv(3, 32, 3, 2)]
        channels = 32
        for expansion, out, repeats, stride in STAGES:
            for repeat in range(repeats):
                blocks.append(InvertedResidual(channels, out, stride if repeat == 0 else 1, expansion))
                channels = out
        blocks.append(SameConv(channels, FEATURES, 1))
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x).mean([2, 3])
