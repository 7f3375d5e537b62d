"""The eye: a picture becomes a distribution over places and a point in the space that it shares with sounds."""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .joint import CLASSES, JointSpace
from .mobilenet import FEATURES, MobileNetV2

SIDE = 128


class Eye(nn.Module):
    """MobileNet v2 at 128 x 128 with a linear classifier; the whole frame is squeezed to a square, as in Places365."""

    side: Final[int] = SIDE

    def __init__(self) -> None:
        super().__init__()
        self.trunk = MobileNetV2()
        self.dropout = nn.Dropout(0.2)
        self.places = nn.Linear(FEATURES, CLASSES)
        self.joint = JointSpace()

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """frames uint8 [N,H,W,3] RGB -> (log_p float32 [N,365], embedding float32 [N,128] of unit length)."""
        log_p = self.classify(self.resize(frames))
        return log_p, self.joint(log_p)

    def resize(self, frames: Tensor) -> Tensor:
        """uint8 [N,H,W,3] -> float32 [N,3,SIDE,SIDE] in -1..1."""
        x = frames.permute(0, 3, 1, 2)
        if x.shape[2] != self.side or x.shape[3] != self.side:
            # on uint8 in this memory order the antialiased resize is several times faster than on floats
            x = F.interpolate(x, size=[self.side, self.side], mode="bilinear", align_corners=False, antialias=True)
        return (x.float() - 128.0) / 128.0

    def classify(self, x: Tensor) -> Tensor:
        """float32 [N,3,SIDE,SIDE] in -1..1 -> log_p [N,365]."""
        features = self.trunk(x.contiguous(memory_format=torch.channels_last))  # [N,1280]
        return F.log_softmax(self.places(self.dropout(features)), dim=1)
