"""YAMNet's front end and trunk: a log-mel spectrogram and a MobileNet v1, batch norm folded into the convolutions.

Gemmeke et al. 2017, "Audio Set: an ontology and human-labeled dataset for audio events" (the labels it was trained
on); Howard et al. 2017, "MobileNets: efficient convolutional neural networks for mobile vision applications" (the
trunk); Hershey et al. 2017, "CNN architectures for large-scale audio classification" (the front end).
"""

import math

import torch
from torch import Tensor, nn

from .layers import SameConv

RATE = 16_000
FRAME = 400  # 25 ms
HOP = 160  # 10 ms
FFT = 512
MELS = 64
PATCH = 96  # spectrogram frames in one window
WINDOW = FRAME + HOP * (PATCH - 1)  # samples in one window: 15,600 = 0.975 s
FEATURES = 1024
# stride and output channels of layers 2 to 14; layer 1 is a plain convolution
LAYERS = (
    (1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512), (1, 512), (1, 512), (1, 512), (1, 512), (1, 512),
    (2, 1024), (1, 1024),
)  # fmt: skip


def mel_matrix(low: float = 125.0, high: float = 7500.0) -> Tensor:
    """Triangular filters, float32 [FFT/2+1, MELS], linear in the HTK mel scale as TensorFlow draws them."""

    def mel(hertz: Tensor) -> Tensor:
        return 1127.0 * torch.log1p(hertz / 700.0)

    bins = mel(torch.linspace(0, RATE / 2, FFT // 2 + 1, dtype=torch.float64))
    edges = torch.linspace(float(mel(torch.tensor(low))), float(mel(torch.tensor(high))), MELS + 2, dtype=torch.float64)
    rise = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    filters = torch.minimum(rise, fall).clamp_min(0)
    filters[0] = 0  # TensorFlow leaves the DC bin out
    return filters.float()


class LogMel(nn.Module):
    """Windows [N,T] at 16 kHz -> log-mel spectrograms [N,1,frames,MELS] of log(mel magnitude + 0.001).

    T = WINDOW gives PATCH frames.
    """

    mel: Tensor
    taper: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mel", mel_matrix())
        self.register_buffer("taper", torch.hann_window(FRAME))

    def forward(self, windows: Tensor) -> Tensor:
        frames = windows.unfold(1, 400, 160) * self.taper  # [N,frames,FRAME]
        magnitude = torch.fft.rfft(frames, n=512).abs()  # [N,frames,FFT/2+1]
        return torch.log(magnitude @ self.mel + 0.001).unsqueeze(1)


class Separable(nn.Module):
    """3x3 depthwise then 1x1 pointwise convolution, each with ReLU: [N,C,H,W] -> [N,D,H/stride,W/stride]."""

    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.depthwise = SameConv(channels, channels, 3, stride, groups=channels, ceiling=math.inf)
        self.pointwise = SameConv(channels, out, 1, ceiling=math.inf)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


class YamNet(nn.Module):
    """Log-mel patches [N,1,96,64] -> features [N,1024] >= 0 (mean over the last 3x2 map)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [SameConv(1, 32, 3, 2, ceiling=math.inf)]
        channels = 32
        for stride, out in LAYERS:
            layers.append(Separable(channels, out, stride))
            channels = out
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).mean([2, 3])
