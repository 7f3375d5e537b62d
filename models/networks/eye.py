"""The eye: a picture becomes a distribution over places and a point in the space that it shares with sounds."""

from typing import TYPE_CHECKING, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .joint import CLASSES, JointSpace
from .mobilenet import FEATURES, MobileNetV2

SIDE = 128


class PlacesEye(nn.Module):
    """A trunk and a linear classifier; the whole frame is squeezed to a square, as in Places365.

    trunk: pictures float32 [N,3,SIDE,SIDE] in -1..1 -> features [N,width].
    """

    side: Final[int] = SIDE
    width: Final[int]

    def __init__(self, trunk: nn.Module, width: int, classes: int = CLASSES) -> None:
        super().__init__()
        self.width = width
        self.trunk = trunk
        self.dropout = nn.Dropout(0.2)
        self.places = nn.Linear(width, classes)
        self.joint = JointSpace(classes)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """frames uint8 [N,H,W,3] RGB -> (log_p float32 [N,classes], embedding float32 [N,128] of unit length)."""
        log_p = self.classify(self.resize(frames))
        return log_p, self.joint(log_p)

    @torch.jit.export
    def features(self, frames: Tensor) -> Tensor:
        """frames uint8 [N,H,W,3] RGB -> what the trunk makes of them, float32 [N,width]."""
        return self.perceive(self.resize(frames))

    def resize(self, frames: Tensor) -> Tensor:
        """uint8 [N,H,W,3] -> float32 [N,3,SIDE,SIDE] in -1..1."""
        return squeezed(frames, self.side)

    def perceive(self, x: Tensor) -> Tensor:
        """float32 [N,3,SIDE,SIDE] in -1..1 -> features [N,width]."""
        return self.trunk(x.contiguous(memory_format=torch.channels_last))

    def classify(self, x: Tensor) -> Tensor:
        """float32 [N,3,SIDE,SIDE] in -1..1 -> log_p [N,classes]."""
        return F.log_softmax(self.places(self.dropout(self.perceive(x))), dim=1)


def squeezed(frames: Tensor, side: int) -> Tensor:
    """uint8 [N,H,W,3] -> float32 [N,3,side,side] in -1..1, whatever the aspect."""
    x = frames.permute(0, 3, 1, 2)
    if x.shape[2] != side or x.shape[3] != side:
        # on uint8 in this memory order the antialiased resize is several times faster than on floats
        x = F.interpolate(x, size=[side, side], mode="bilinear", align_corners=False, antialias=True)
    return (x.float() - 128.0) / 128.0


class Eye(PlacesEye):
    """MobileNet v2 at 128 x 128 with a linear classifier."""

    if TYPE_CHECKING:  # TorchScript reads annotations too, and knows no such type
        trunk: MobileNetV2

    def __init__(self, classes: int = CLASSES) -> None:
        super().__init__(MobileNetV2(), FEATURES, classes)
