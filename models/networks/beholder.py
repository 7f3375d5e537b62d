"""What a voice sees: a picture becomes a unit vector of 128 values, by a trunk that knows pictures already.

Chen et al. 2017, section 3, condition their generators on 128 values of a classifier's last layer, too.
"""

from typing import Final

import torch.nn.functional as F
from torch import Tensor, nn

from .chen import FEATURES
from .eye import SIDE, squeezed
from .mobilenet import FEATURES as SEEN
from .mobilenet import MobileNetV2


class Beholder(nn.Module):
    """frames uint8 [N,H,W,3] RGB -> float32 [N,128] of unit length. trunk: MobileNet v2, which stays as it is."""

    side: Final[int] = SIDE

    def __init__(self, trunk: MobileNetV2) -> None:
        super().__init__()
        self.trunk = trunk
        self.norm = nn.BatchNorm1d(SEEN, affine=False)
        self.dropout = nn.Dropout(0.5)
        self.values = nn.Linear(SEEN, FEATURES)

    def forward(self, frames: Tensor) -> Tensor:
        return self.embed(self.look(frames))

    def look(self, frames: Tensor) -> Tensor:
        """frames uint8 [N,H,W,3] -> what the trunk makes of them, float32 [N,1280]."""
        return self.trunk(squeezed(frames, self.side))

    def embed(self, seen: Tensor) -> Tensor:
        """What the trunk made of pictures [N,1280] -> [N,128]."""
        return F.normalize(self.values(self.dropout(self.norm(seen))).float(), dim=1)
