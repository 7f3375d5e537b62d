"""A small ear to train from scratch, for where YAMNet's weights are not to be had.

Kong et al. 2020, "PANNs: large-scale pretrained audio neural networks for audio pattern recognition" (blocks of two
3x3 convolutions on a log-mel spectrogram), narrower and with strides for pooling; Kong et al. 2018, "Audio Set
classification with attention model" (the moments of a sound decide how much each of them counts).
"""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .joint import CLASSES, JointSpace
from .waves import even_level, mean_of_log, repeat_to
from .yamnet import MELS, RATE, WINDOW, LogMel

CHANNELS = (32, 64, 128, 192)
FEATURES = CHANNELS[-1]
LEVEL = 0.03


class Block(nn.Module):
    """Two 3x3 convolutions, each with batch norm and ReLU, the first of stride 2: [N,C,T,B] -> [N,D,T/2,B/2]."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, 2, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(x)))


class LogMelEar(nn.Module):
    """Log-mel spectrogram (16 kHz, 25 ms Hann frames every 10 ms, 64 bands), four blocks, attention over time.

    One moment of 160 ms is heard in its context of about a second; sounds shorter than 0.975 s are repeated.
    """

    rate: Final[int] = RATE
    window: Final[int] = WINDOW
    level: Final[float] = LEVEL
    width: Final[int] = FEATURES

    def __init__(self, classes: int = CLASSES) -> None:
        super().__init__()
        self.log_mel = LogMel()
        self.norm = nn.BatchNorm1d(MELS)
        channels = (1, *CHANNELS)
        self.trunk = nn.Sequential(*[Block(channels[i], channels[i + 1]) for i in range(len(CHANNELS))])
        self.attention = nn.Linear(FEATURES, 1)
        self.dropout = nn.Dropout(0.3)
        self.places = nn.Linear(FEATURES, classes)
        self.joint = JointSpace(classes)

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """wave float32 [N,T] mono at 16 kHz -> (log_p float32 [N,classes], embedding float32 [N,128], unit length)."""
        features, weights = self.hear(wave)
        log_p = mean_of_log(F.log_softmax(self.places(self.dropout(features)), dim=2), weights)
        return log_p, self.joint(log_p)

    @torch.jit.export
    def features(self, wave: Tensor) -> Tensor:
        """wave float32 [N,T] mono at 16 kHz -> features float32 [N,192], moments by their weight."""
        features, weights = self.hear(wave)
        return (features * weights.unsqueeze(2)).sum(1)

    def hear(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """wave [N,T] -> (features [N,K,192] of its moments, weights [N,K] that sum to 1)."""
        wave = repeat_to(even_level(wave, self.level), max(self.window, wave.shape[1]))
        x = self.log_mel(wave).squeeze(1)  # [N,frames,64]
        x = self.norm(x.transpose(1, 2)).transpose(1, 2)
        x = self.trunk(x.unsqueeze(1))  # [N,192,frames/16,4]
        features = x.mean(3).transpose(1, 2)  # [N,K,192]
        return features, F.softmax(self.attention(features).squeeze(2), dim=1)
