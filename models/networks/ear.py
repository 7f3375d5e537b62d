"""The ear: a sound becomes a distribution over the places where it might be heard, and a point in the joint space.

Kajihara et al. 2019, "Imaginary Soundscape: cross-modal approach to generate pseudo sound environments" and Aytar et
al. 2016, "SoundNet": the sound's distribution is trained to meet that of pictures of the same place.
"""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .joint import CLASSES, JointSpace
from .waves import even_level, mean_of_log, repeat_to
from .yamnet import FEATURES, RATE, WINDOW, LogMel, YamNet

HOP = 7680  # 0.48 s between the windows of a short sound
SHORT = 10 * RATE  # of a longer one there are enough windows without overlap
LEVEL = 0.03  # root mean square that the trunk hears best


class YamNetEar(nn.Module):
    """What the two ears below share: YAMNet's trunk, heard in windows, of which the louder ones count more."""

    rate: Final[int] = RATE
    window: Final[int] = WINDOW
    hop: Final[int] = HOP
    short: Final[int] = SHORT
    level: Final[float] = LEVEL
    width: Final[int] = FEATURES

    def __init__(self, classes: int, dropout: float) -> None:
        super().__init__()
        self.log_mel = LogMel()
        self.trunk = YamNet()
        self.norm = nn.BatchNorm1d(FEATURES, affine=False)
        self.dropout = nn.Dropout(dropout)
        self.joint = JointSpace(classes)

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """wave float32 [N,T] mono at 16 kHz -> (log_p float32 [N,classes], embedding float32 [N,128], unit length)."""
        features, weights = self.hear(wave)
        log_p = self.classify(features, weights)
        return log_p, self.joint(log_p)

    def classify(self, features: Tensor, weights: Tensor) -> Tensor:
        """features [N,K,1024] and weights [N,K] of the windows -> log_p [N,classes]; each ear has its own way."""
        raise NotImplementedError

    @torch.jit.export
    def features(self, wave: Tensor) -> Tensor:
        """wave float32 [N,T] mono at 16 kHz -> the trunk's features float32 [N,1024], windows by weight."""
        features, weights = self.hear(wave)
        return (features * weights.unsqueeze(2)).sum(1)

    def hear(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """wave [N,T] -> (features [N,K,1024] of its windows, weights [N,K])."""
        windows, weights = self.cut(wave)
        # long sounds go through the trunk in pieces, so that memory stays bounded
        pieces = windows.flatten(0, 1).split(64)
        features = torch.cat([self.trunk(self.log_mel(piece)) for piece in pieces])
        return features.unflatten(0, windows.shape[:2]), weights

    def cut(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """wave [N,T] -> (windows [N,K,WINDOW] at an even level, weights [N,K] that sum to 1).

        The sound is repeated until it fills a whole number of hops.
        """
        hop = self.hop if wave.shape[1] <= self.short else self.window
        hops = max(0, -((self.window - wave.shape[1]) // hop))
        wave = repeat_to(even_level(wave, self.level), self.window + hops * hop)
        windows = wave.unfold(1, self.window, hop)
        weights = windows.square().mean(2).sqrt() + 1e-3
        return windows, weights / weights.sum(1, keepdim=True)

    def even_out(self, features: Tensor) -> Tensor:
        """features [N,K,1024] -> the same with mean 0 and variance 1 each, some dropped while it learns."""
        return self.dropout(self.norm(features.flatten(0, 1)).unflatten(0, features.shape[:2]))


class Ear(YamNetEar):
    """A linear classifier of places; windows are averaged as probabilities."""

    def __init__(self, classes: int = CLASSES) -> None:
        super().__init__(classes, dropout=0.5)
        self.places = nn.Linear(FEATURES, classes)

    def classify(self, features: Tensor, weights: Tensor) -> Tensor:
        """features [N,K,1024] and weights [N,K] of the windows -> log_p [N,classes]."""
        return mean_of_log(F.log_softmax(self.places(self.even_out(features)), dim=2), weights)


class KindEar(YamNetEar):
    """An ear that hears which kind of sound something is, such as rain, and answers the places where that is heard.

    What AudioSet's classifier knows of a kind is where learning starts (`prior`, fixed), so that kinds with few
    recordings are recognised in general; `learnt` adds to it. `rows` [kinds,classes] are the places of each kind.
    """

    def __init__(self, classes: int, kinds: int) -> None:
        super().__init__(classes, dropout=0.3)
        self.prior = nn.Linear(FEATURES, kinds).requires_grad_(False)
        self.rows = nn.Parameter(torch.full((kinds, classes), 1 / classes), requires_grad=False)
        self.learnt = nn.Linear(FEATURES, kinds)
        nn.init.zeros_(self.learnt.weight)
        nn.init.zeros_(self.learnt.bias)

    def tell(self, features: Tensor, weights: Tensor) -> Tensor:
        """features [N,K,1024] and weights [N,K] of the windows -> log-probabilities of the kinds [N,kinds]."""
        logits = self.prior(features) + self.learnt(self.even_out(features))
        return mean_of_log(F.log_softmax(logits, dim=2), weights)

    def classify(self, features: Tensor, weights: Tensor) -> Tensor:
        """features [N,K,1024] and weights [N,K] of the windows -> log_p [N,classes]."""
        log_p = torch.log((self.tell(features, weights).exp() @ self.rows).clamp_min(1e-9))
        return log_p - log_p.logsumexp(1, keepdim=True)
