"""What the generator hears: half a second of sound becomes a unit vector of 128 values.

The trunk is YAMNet's (yamnet.py), on half a patch: 48 frames of 10 ms. Chen et al. 2017, section 3, condition their
generators on 128 values of a classifier's last layer, too.
"""

from typing import Final

import torch.nn.functional as F
from torch import Tensor, nn

from .waves import even_level, repeat_to
from .yamnet import FEATURES, FRAME, HOP, RATE, LogMel, YamNet

PATCH = 48
WINDOW = FRAME + HOP * (PATCH - 1)  # 7,920 samples: 0.495 s
VALUES = 128
LEVEL = 0.03


class Listener(nn.Module):
    """wave float32 [N,T] mono at 16 kHz, T = 8000 -> float32 [N,128] of unit length, whatever its level.

    Shorter sound is repeated, of longer sound the newest is heard.
    """

    rate: Final[int] = RATE
    window: Final[int] = WINDOW
    level: Final[float] = LEVEL

    def __init__(self) -> None:
        super().__init__()
        self.log_mel = LogMel()
        self.trunk = YamNet()
        self.norm = nn.BatchNorm1d(FEATURES, affine=False)
        self.dropout = nn.Dropout(0.5)
        self.values = nn.Linear(FEATURES, VALUES)

    def forward(self, wave: Tensor) -> Tensor:
        return self.embed(self.log_mel(even_level(self.newest(wave), self.level)))

    def newest(self, wave: Tensor) -> Tensor:
        """wave [N,T] -> its last WINDOW samples, [N,WINDOW]."""
        return repeat_to(wave, max(self.window, wave.shape[1]))[:, -self.window :]

    def embed(self, patch: Tensor) -> Tensor:
        """log-mel patch [N,1,48,64] -> [N,128]."""
        features = self.dropout(self.norm(self.trunk(patch)))
        return F.normalize(self.values(features), dim=1)
