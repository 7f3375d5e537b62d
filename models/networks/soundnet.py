"""SoundNet with five and with eight layers: convolutions along the time of the raw wave.

Aytar, Vondrick, Torralba 2016, "SoundNet: learning sound representations from unlabeled video" (figure 2, section 3);
strides, paddings and the scale of the input are those of the authors' scripts (github.com/cvondrick/soundnet:
`main_train_small.lua`, `main_train.lua`, `extract_feat.lua`). As there, time is a picture's height: tensors are
[N,C,T,1] and kernels k x 1.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .joint import CLASSES, JointSpace
from .waves import repeat_to

RATE = 22_050
SHORTEST = 10 * RATE  # shorter sounds are repeated, as in `extract_predictions.lua`
SCALE = 256.0  # the authors read samples as 32-bit integers and multiply them by 2^-23
FEATURES = 256
OBJECTS = 1000
PLACES = 401
EPSILON = 1e-6  # probability of a place that SoundNet has no name for


@dataclass(frozen=True)
class Layout:
    """Convolutions (channels, kernel, pooling) up to the features, those above, and (kernel, stride, padding) of the
    classifiers. All but the classifiers have stride 2 and half the kernel as padding."""

    lower: tuple[tuple[int, int, int], ...]
    upper: tuple[tuple[int, int, int], ...]
    head: tuple[int, int, int]

    @property
    def top(self) -> int:
        """Channels that the classifiers see."""
        return (self.lower + self.upper)[-1][0]


FIVE = Layout(((32, 64, 8), (64, 32, 8), (128, 16, 8), (FEATURES, 8, 1)), (), (16, 12, 4))
EIGHT = Layout(
    ((16, 64, 8), (32, 32, 8), (64, 16, 1), (128, 8, 1), (FEATURES, 4, 4)), ((512, 4, 1), (1024, 4, 1)), (8, 2, 0)
)


class TimeConv(nn.Module):
    """Convolution, batch norm, ReLU, max pooling: [N,C,T,1] -> [N,D,(T//2+1)//pool,1]."""

    def __init__(self, channels: int, out: int, kernel: int, pool: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, (kernel, 1), (2, 1), (kernel // 2, 0))
        self.bn = nn.BatchNorm2d(out)
        self.pool = nn.MaxPool2d((pool, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(F.relu(self.bn(self.conv(x))))


def _stack(channels: int, layers: tuple[tuple[int, int, int], ...]) -> nn.Sequential:
    inputs = [channels, *(out for out, _, _ in layers)]
    return nn.Sequential(*[TimeConv(i, *layer) for i, layer in zip(inputs, layers, strict=False)])


def _head(layout: Layout, classes: int) -> nn.Conv2d:
    kernel, stride, padding = layout.head
    return nn.Conv2d(layout.top, classes, (kernel, 1), (stride, 1), (padding, 0))


class SoundNet(nn.Module):
    """An ear to train. It answers once in every 3 to 5 s; the answers are averaged over time as probabilities."""

    def __init__(self, layout: Layout, classes: int = CLASSES) -> None:
        super().__init__()
        # not Final on the class, as elsewhere: TorchScript would not see them in a subclass
        self.rate = RATE
        self.window = SHORTEST
        self.scale = SCALE
        self.width = FEATURES
        self.lower = _stack(1, layout.lower)
        self.upper = _stack(FEATURES, layout.upper)
        self.places = _head(layout, classes)
        self.joint = JointSpace(classes)

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """wave float32 [N,T] mono at 22.05 kHz -> (log_p float32 [N,classes], embedding float32 [N,128], unit)."""
        log_p = torch.log(self.recognise(wave))
        return log_p, self.joint(log_p)

    @torch.jit.export
    def features(self, wave: Tensor) -> Tensor:
        """wave float32 [N,T] mono at 22.05 kHz -> pool5 (of the five layers conv4), its mean over time, [N,256].

        The authors' SVM for ESC (`eval_esc50.lua`) is fed pool5 too, a second at a time.
        """
        return self.hear(wave).mean([2, 3])

    def hear(self, wave: Tensor) -> Tensor:
        """wave [N,T] -> map [N,256,T',1]."""
        wave = repeat_to(wave, max(self.window, wave.shape[1]))
        return self.lower(self.scale * wave[:, None, :, None])

    def recognise(self, wave: Tensor) -> Tensor:
        """wave [N,T] -> probabilities of the classes [N,classes], above nought."""
        p = over_time(self.places(self.upper(self.hear(wave)))).clamp_min(1e-9)
        return p / p.sum(1, keepdim=True)


class PublicSoundNet(SoundNet):
    """SoundNet as its authors published it, with 1000 ImageNet objects and 401 places, as an ear over Places365.

    fold: [401,365], 1 where one of the 401 places counts as one of the 365; places that count as none are left out.
    """

    fold: Tensor

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout, PLACES)
        self.epsilon = EPSILON
        self.objects = _head(layout, OBJECTS)
        self.joint = JointSpace()
        self.register_buffer("fold", torch.zeros(PLACES, CLASSES))

    @torch.jit.export
    def recognise_objects(self, wave: Tensor) -> Tensor:
        """wave float32 [N,T] mono at 22.05 kHz -> probabilities of ImageNet's objects, float32 [N,1000]."""
        return over_time(self.objects(self.upper(self.hear(wave))))

    def recognise(self, wave: Tensor) -> Tensor:
        """wave [N,T] -> probabilities of the 365 places [N,365], above nought."""
        p = over_time(self.places(self.upper(self.hear(wave)))) @ self.fold + self.epsilon
        return p / p.sum(1, keepdim=True)


def over_time(logits: Tensor) -> Tensor:
    """logits [N,C,S,1] -> probabilities [N,C], averaged over the S steps."""
    return F.softmax(logits, dim=1).mean([2, 3])


def soundnet5(classes: int = CLASSES) -> SoundNet:
    """The network of `main_train_small.lua`, with a classifier of its own."""
    return SoundNet(FIVE, classes)


def soundnet8(classes: int = CLASSES) -> SoundNet:
    """The network of `main_train.lua`, with a classifier of its own."""
    return SoundNet(EIGHT, classes)
