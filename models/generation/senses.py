"""What a generator knows of a sound or a picture: encoders trained beforehand (Chen et al. 2017, section 3)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from .. import augment
from ..cache import digest, kept
from ..networks.chen import Classifier, PictureEncoder, SoundDecoder, SoundEncoder
from ..networks.dream import level
from ..networks.listener import Listener
from ..networks.yamnet import RATE as HEARD_RATE
from ..training.fitting import fit
from .listening import Course, Prototypes, at_heard_rate, teach_listener
from .pairs import Pairs
from .settings import Settings
from .spectrogram import RATE

LEARNING = 1e-3
BATCH = 64
AT_ONCE = 256
Loss = Callable[[nn.Module, Generator], Tensor]


@dataclass(frozen=True)
class Sense:
    """An encoder, and what it says of all sounds (or pictures) of the pairs.

    conditions float32 [M,C]: for sounds the encoder's vector and the level, as networks.dream.Dream.listen gives them;
    for pictures [N,F]. accuracy: share of the test split that its classifier names rightly; None if it has none.
    names: the classifier, [N,F] -> logits [N,K]. rate: Hz of the sound that the encoder takes, 0 for pictures.
    """

    encoder: nn.Module
    conditions: Tensor
    rate: int
    names: nn.Module | None = None
    accuracy: float | None = None


def hear(pairs: Pairs, settings: Settings, seed: int, cache: Path) -> Sense:
    """S2I-C's encoder: the sound classifier's 128 values."""
    encoder, names = SoundEncoder(settings.spectrum), Classifier(len(pairs.classes))
    network = nn.ModuleList([encoder, names])

    def learn() -> None:
        spectra, group = _spectra(encoder, pairs), Groups(pairs.sound_class, ~pairs.sound_test)

        def loss(_: nn.Module, generator: Generator) -> Tensor:
            rows = group.draw(BATCH, generator)
            x = augment.mask(_shifted(spectra[rows].float(), generator).unsqueeze(1), 0.5).squeeze(1)
            return F.cross_entropy(names(encoder.hear(x)), pairs.sound_class[rows], label_smoothing=0.1)

        fit(network, loss, settings.senses, LEARNING, seed, "sound classifier")

    _learnt(network, learn, cache, "hear", settings.spectrum, settings.senses, seed, pairs.identity)
    return _of_sounds(encoder, pairs, names)


def hear_again(pairs: Pairs, settings: Settings, seed: int, cache: Path) -> Sense:
    """S2I-A's encoder: the code of a stacked convolution-deconvolution autoencoder, which knows no classes."""
    encoder = SoundEncoder(settings.spectrum)
    decoder = SoundDecoder(_spectra(encoder, pairs, pairs.windows(test=False)[:1]).shape[1])
    network = nn.ModuleList([encoder, decoder])

    def learn() -> None:
        spectra, group = _spectra(encoder, pairs), Groups(pairs.sound_class, ~pairs.sound_test)

        def loss(_: nn.Module, generator: Generator) -> Tensor:
            x = spectra[group.draw(BATCH, generator)].float()
            return F.mse_loss(decoder(encoder.hear(x)), x)

        fit(network, loss, settings.senses, LEARNING, seed, "sound autoencoder")

    _learnt(network, learn, cache, "hear again", settings.spectrum, settings.senses, seed, pairs.identity)
    return _of_sounds(encoder, pairs, None)


def hear_well(pairs: Pairs, settings: Settings, seed: int, cache: Path) -> Sense:
    """Our own listener (listening.py), at 16 kHz."""
    listener, prototypes = Listener(), Prototypes(len(pairs.classes))
    network = nn.ModuleList([listener, prototypes])

    def learn() -> None:
        taught = teach_listener(pairs, Course(settings.senses, settings.senses), seed)
        network.load_state_dict(nn.ModuleList(taught).state_dict())

    _learnt(network, learn, cache, "hear well", settings.senses, seed, pairs.identity)
    waves = pairs.wave(torch.arange(len(pairs.waves)))
    heard = torch.cat(in_parts(listener, at_heard_rate(waves)))
    conditions = torch.cat([heard, level(waves).unsqueeze(1)], 1)
    return _sense(listener, conditions, HEARD_RATE, prototypes, pairs.sound_class, pairs.sound_test)


def see(pairs: Pairs, settings: Settings, seed: int, cache: Path) -> Sense:
    """I2S's encoder: the image classifier's 128 values."""
    encoder, names = PictureEncoder(), Classifier(len(pairs.classes))
    network = nn.ModuleList([encoder, names])
    group = Groups(pairs.picture_class, ~pairs.picture_test)

    def loss(_: nn.Module, generator: Generator) -> Tensor:
        rows = group.draw(BATCH, generator)
        x = augment.pictures(pairs.pixels[rows].permute(0, 2, 3, 1), encoder.side, generator, cutout=0.3)
        return F.cross_entropy(names(encoder(x)), pairs.picture_class[rows], label_smoothing=0.1)

    def learn() -> None:
        fit(network, loss, settings.senses, LEARNING, seed, "image classifier")

    _learnt(network, learn, cache, "see", settings.senses, seed, pairs.identity)
    frames = pairs.pixels.permute(0, 2, 3, 1)
    return _sense(encoder, torch.cat(in_parts(encoder, frames)), 0, names, pairs.picture_class, pairs.picture_test)


class Groups:
    """Draws rows of a split, every class as often as the others."""

    def __init__(self, label: Tensor, wanted: Tensor) -> None:
        """label [N], wanted bool [N]: which rows may be drawn."""
        rows = wanted.nonzero().squeeze(1)
        counts = torch.bincount(label[rows])
        self.rows, self.weight = rows, 1 / counts[label[rows]].float()

    def draw(self, size: int, generator: Generator) -> Tensor:
        """Rows [size]."""
        return self.rows[torch.multinomial(self.weight, size, replacement=True, generator=generator)]


def in_parts(network: Callable[[Tensor], Tensor], inputs: Tensor) -> list[Tensor]:
    """What the network makes of inputs [N,...], some at a time."""
    with torch.inference_mode():
        return [network(part).clone() for part in inputs.split(AT_ONCE)]


def listen(encoder: nn.Module, pairs: Pairs, rows: Tensor) -> Tensor:
    """float32 [n,C]: what an encoder at 44.1 kHz says of some sounds, and their level."""
    with torch.inference_mode():
        parts = [torch.cat([encoder(wave), level(wave).unsqueeze(1)], 1)
                 for wave in (pairs.wave(part) for part in rows.split(AT_ONCE))]
    return torch.cat(parts).clone()


def _learnt(network: nn.Module, learn: Callable[[], None], cache: Path, *identity: object) -> None:
    """Train the network, or fill it with what an equal training left in the cache."""

    def make() -> tuple[dict[str, Tensor], dict[str, str]]:
        learn()
        return dict(network.state_dict()), {}

    torch.manual_seed(0)
    weights, _ = kept(cache / f"sense-{digest(*identity)}.safetensors", make)
    network.load_state_dict(weights)
    network.eval().requires_grad_(False)


def _of_sounds(encoder: nn.Module, pairs: Pairs, names: nn.Module | None) -> Sense:
    conditions = listen(encoder, pairs, torch.arange(len(pairs.waves)))
    if names is None:
        return Sense(encoder, conditions, RATE)
    return _sense(encoder, conditions, RATE, names, pairs.sound_class, pairs.sound_test)


def _sense(
    encoder: nn.Module, conditions: Tensor, rate: int, names: nn.Module, label: Tensor, test: Tensor
) -> Sense:
    with torch.inference_mode():
        right = names(conditions[test][:, :128]).argmax(1) == label[test]
    return Sense(encoder, conditions, rate, names, float(right.float().mean()))


def _spectra(encoder: SoundEncoder, pairs: Pairs, rows: Tensor | None = None) -> Tensor:
    """half [M,bands,44]: the sounds as the encoder's trunk takes them."""
    rows = torch.arange(len(pairs.waves)) if rows is None else rows
    with torch.inference_mode():
        return torch.cat([encoder.spectrum(pairs.wave(part)).half() for part in rows.split(AT_ONCE)]).clone()


def _shifted(spectra: Tensor, generator: Generator) -> Tensor:
    """[N,bands,frames], each turned in time by its own number of frames."""
    n, _, frames = spectra.shape
    turn = torch.randint(frames, (n, 1), generator=generator)
    place = (torch.arange(frames) + turn) % frames
    return spectra.gather(2, place[:, None].expand_as(spectra))
