"""A small residual network that names pictures, to judge generated ones by."""

import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 64
WIDTH = 32


class Residual(nn.Module):
    """Two 3x3 convolutions with batch norm, the first of stride 2, and a 1x1 past them: [N,C,H,W] -> [N,D,H/2,W/2].

    He et al. 2016, "Deep residual learning for image recognition".
    """

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, out, 3, 2, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out)
        self.second = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out)
        self.past = nn.Conv2d(channels, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.second(F.relu(self.norm1(self.first(x)))))
        return F.relu(y + self.past(F.avg_pool2d(x, 2)))


class JudgeNet(nn.Module):
    """Pictures float32 [N,3,64,64] in 0..1 -> logits [N,K]. width: channels of the largest map."""

    def __init__(self, classes: int, width: int = WIDTH) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 5, 2, 2, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.blocks = nn.Sequential(*(Residual(width * 2**i, width * 2 ** (i + 1)) for i in range(3)))
        self.dropout = nn.Dropout(0.4)
        self.name = nn.Linear(8 * width, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.blocks(F.relu(self.norm(self.first(pictures * 2 - 1))))
        return self.name(self.dropout(x.mean([2, 3]))).float()
