"""I2S of Chen et al. 2017, "Deep Cross-Modal Audio-Visual Generation", section 4.3: spectrograms from pictures.

The other way round, the same: the condition is the picture's vector, what is real a spectrogram of 128 x 34, and a
wrong pair a real spectrogram with a picture that does not fit.
"""

import torch
from torch import Tensor, nn

from ..networks.voice import DRAWN, Speaker, SpeakerCritic, Stretched, stretched
from .gancls import GanCls
from .pairs import Batch, Pairs
from .senses import AT_ONCE
from .settings import Settings
from .spectrogram import log_mel


class Speaking(GanCls):
    """conditions float32 [N,128]: what is known of each picture."""

    spectra: Tensor

    def __init__(self, pairs: Pairs, conditions: Tensor, settings: Settings) -> None:
        super().__init__(pairs, conditions, settings)
        self.register_buffer("spectra", stretched(spectra(pairs).float().unsqueeze(1), DRAWN), persistent=False)

    def networks(self) -> tuple[nn.Module, nn.Module]:
        return Speaker(self.settings.latent, self.settings.width), SpeakerCritic(self.settings.width)

    def examples(self, batch: Batch) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        heard = self.spectra[batch.sound.to(self.device)]
        return heard, self.known(batch.picture), (heard, self.known(batch.wrong))

    def make(self, condition: Tensor, latent: Tensor) -> Tensor:
        made: Tensor = self.network()(condition, latent)
        return made

    def network(self) -> nn.Module:
        return Stretched(self.painter)


def spectra(pairs: Pairs) -> Tensor:
    """half [M,128,44]: the log-mel spectrograms of all sounds."""
    rows = torch.arange(len(pairs.waves))
    return torch.cat([log_mel(pairs.wave(part)).half() for part in rows.split(AT_ONCE)])
