"""SqueezeNet v1.1 as trained on Places365.

Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters" (table 1, v1.1 strides); Zhou et al.
2017, "Places: a 10 million image database for scene recognition". The public weights differ from the paper in three
ways: batch norm after every convolution but the last, leaky ReLU of slope 0.55 (the mean of a randomised 0.3..0.8),
and an input in BGR minus a mean image.
"""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 256
CROP = 224


class ConvNorm(nn.Module):
    """Convolution without bias, batch norm, leaky ReLU: [N,C,H,W] -> [N,D,H',W']."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, stride, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(out, eps=1e-4)
        self.relu = nn.LeakyReLU(0.55)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))


class Fire(nn.Module):
    """Squeeze to few channels, expand with 1x1 and 3x3 kernels side by side: [N,C,H,W] -> [N,2*expand,H,W]."""

    def __init__(self, channels: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze1x1 = ConvNorm(channels, squeeze, 1)
        self.expand1x1 = ConvNorm(squeeze, expand, 1)
        self.expand3x3 = ConvNorm(squeeze, expand, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze1x1(x)
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], 1)


class SqueezeNetPlaces365(nn.Module):
    """RGB frames -> log-probabilities over the 365 Places classes and the unit-length mean of fire9 (512 values)."""

    side: Final[int] = SIDE
    edge: Final[int] = (SIDE - CROP) // 2
    crop: Final[int] = CROP
    mean_image_bgr: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean_image_bgr", torch.zeros(3, SIDE, SIDE))
        self.conv1 = ConvNorm(3, 64, 3, stride=2)
        self.fire2 = Fire(64, 16, 64)
        self.fire3 = Fire(128, 16, 64)
        self.fire4 = Fire(128, 32, 128)
        self.fire5 = Fire(256, 32, 128)
        self.fire6 = Fire(256, 48, 192)
        self.fire7 = Fire(384, 48, 192)
        self.fire8 = Fire(384, 64, 256)
        self.fire9 = Fire(512, 64, 256)
        self.conv10 = nn.Conv2d(512, 365, 1)
        self.relu = nn.LeakyReLU(0.55)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """frames uint8 [N,H,W,3] RGB -> (log_p float32 [N,365], embedding float32 [N,512])."""
        x = frames.permute(0, 3, 1, 2).float()
        x = F.interpolate(x, size=[self.side, self.side], mode="bilinear", align_corners=False)
        return self.classify(x)

    @torch.jit.export
    def classify(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x float32 [N,3,256,256] RGB in 0..255 -> (log_p [N,365], embedding [N,512])."""
        x = (x.flip(1) - self.mean_image_bgr.float()) / 255.0
        x = x.narrow(2, self.edge, self.crop).narrow(3, self.edge, self.crop)
        x = x.contiguous(memory_format=torch.channels_last)
        x = F.max_pool2d(self.conv1(x), 3, 2)  # [N,64,55,55]
        x = F.max_pool2d(self.fire3(self.fire2(x)), 3, 2)  # [N,128,27,27]
        x = F.max_pool2d(self.fire5(self.fire4(x)), 3, 2)  # [N,256,13,13]
        x = self.fire9(self.fire8(self.fire7(self.fire6(x))))  # [N,512,13,13]
        logits = self.relu(self.conv10(x)).mean([2, 3])  # [N,365]
        return F.log_softmax(logits, 1), F.normalize(x.mean([2, 3]), dim=1)
