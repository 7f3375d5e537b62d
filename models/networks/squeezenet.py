"""SqueezeNet v1.1: an eye to train, and the one that was trained on Places365.

Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters" (table 1, v1.1 strides). Batch norm
after every convolution but the last, which the paper does without, lets it learn from scratch.
"""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .eye import PlacesEye
from .joint import CLASSES, JointSpace

FEATURES = 512
SIDE = 256
CROP = 224


class ConvNorm(nn.Module):
    """Convolution without bias, batch norm, leaky ReLU (slope 0 is ReLU): [N,C,H,W] -> [N,D,H',W']."""

    def __init__(self, channels: int, out: int, kernel: int, slope: float, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, stride, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(out, eps=1e-4)
        self.relu = nn.LeakyReLU(slope)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))


class Fire(nn.Module):
    """Squeeze to few channels, expand with 1x1 and 3x3 kernels side by side: [N,C,H,W] -> [N,2*expand,H,W]."""

    def __init__(self, channels: int, squeeze: int, expand: int, slope: float) -> None:
        super().__init__()
        self.squeeze1x1 = ConvNorm(channels, squeeze, 1, slope)
        self.expand1x1 = ConvNorm(squeeze, expand, 1, slope)
        self.expand3x3 = ConvNorm(squeeze, expand, 3, slope)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze1x1(x)
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], 1)


class SqueezeNet(nn.Module):
    """Pictures [N,3,S,S] -> map of fire9 [N,512,s,s]; s is 13 for S = 224 and 7 for S = 128."""

    def __init__(self, slope: float = 0.0) -> None:
        super().__init__()
        self.conv1 = ConvNorm(3, 64, 3, slope, stride=2)
        self.fire2 = Fire(64, 16, 64, slope)
        self.fire3 = Fire(128, 16, 64, slope)
        self.fire4 = Fire(128, 32, 128, slope)
        self.fire5 = Fire(256, 32, 128, slope)
        self.fire6 = Fire(256, 48, 192, slope)
        self.fire7 = Fire(384, 48, 192, slope)
        self.fire8 = Fire(384, 64, 256, slope)
        self.fire9 = Fire(512, 64, 256, slope)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.conv1(x), 3, 2)  # [N,64,55,55] for S = 224
        x = F.max_pool2d(self.fire3(self.fire2(x)), 3, 2)  # [N,128,27,27]
        x = F.max_pool2d(self.fire5(self.fire4(x)), 3, 2)  # [N,256,13,13]
        return self.fire9(self.fire8(self.fire7(self.fire6(x))))  # [N,512,13,13]


class MeanMap(nn.Module):
    """Map [N,C,H,W] -> its mean [N,C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean([2, 3])


class SqueezeNetEye(PlacesEye):
    """SqueezeNet v1.1 at 128 x 128 with ReLU and a linear classifier on the mean of fire9."""

    def __init__(self, classes: int = CLASSES) -> None:
        super().__init__(nn.Sequential(SqueezeNet(), MeanMap()), FEATURES, classes)


class SqueezeNetPlaces365(nn.Module):
    """The public SqueezeNet-Places365: RGB frames -> log-probabilities over the 365 Places classes, and an embedding.

    Zhou et al. 2017, "Places: a 10 million image database for scene recognition". The public weights want leaky ReLU
    of slope 0.55 (the mean of a randomised 0.3..0.8) and an input in BGR minus a mean image.
    """

    side: Final[int] = SIDE
    edge: Final[int] = (SIDE - CROP) // 2
    crop: Final[int] = CROP
    width: Final[int] = FEATURES
    mean_image_bgr: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean_image_bgr", torch.zeros(3, SIDE, SIDE))
        self.trunk = SqueezeNet(slope=0.55)
        self.conv10 = nn.Conv2d(FEATURES, CLASSES, 1)
        self.relu = nn.LeakyReLU(0.55)
        self.joint = JointSpace()

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """frames uint8 [N,H,W,3] RGB -> (log_p float32 [N,365], embedding float32 [N,128] of unit length)."""
        return self.classify(self.resize(frames))

    @torch.jit.export
    def features(self, frames: Tensor) -> Tensor:
        """frames uint8 [N,H,W,3] RGB -> mean of fire9, float32 [N,512]."""
        return self.perceive(self.resize(frames)).mean([2, 3])

    def resize(self, frames: Tensor) -> Tensor:
        """uint8 [N,H,W,3] -> float32 [N,3,256,256] in 0..255."""
        x = frames.permute(0, 3, 1, 2).float()
        return F.interpolate(x, size=[self.side, self.side], mode="bilinear", align_corners=False)

    def perceive(self, x: Tensor) -> Tensor:
        """x float32 [N,3,256,256] RGB in 0..255 -> map of fire9 [N,512,13,13]."""
        x = (x.flip(1) - self.mean_image_bgr.float()) / 255.0
        x = x.narrow(2, self.edge, self.crop).narrow(3, self.edge, self.crop)
        return self.trunk(x.contiguous(memory_format=torch.channels_last))

    @torch.jit.export
    def classify(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x float32 [N,3,256,256] RGB in 0..255 -> (log_p [N,365], embedding [N,128])."""
        logits = self.relu(self.conv10(self.perceive(x))).mean([2, 3])  # [N,365]
        log_p = F.log_softmax(logits, 1)
        return log_p, self.joint(log_p)
