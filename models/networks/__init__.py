"""The networks, one readable file each.

All keep one contract: `forward(x) -> (log_p [N,classes], embedding [N,D])` and the exported `features(x) -> [N,width]`,
what the trunk makes of x, for linear probes; x is frames uint8 [N,H,W,3] for an eye and waves float32 [N,T] at `rate`
for an ear, which lets nothing shorter than `window` samples through its trunk. The last classifier is called `places`.
"""

from collections.abc import Callable
from typing import Any

from .ear import Ear
from .eye import Eye
from .logmel import LogMelEar
from .soundnet import soundnet5, soundnet8
from .squeezenet import SqueezeNetEye

Constructor = Callable[..., Any]  # takes the number of classes, 365 if not given; gives a Module, see above

EYES: dict[str, Constructor] = {"mobilenet": Eye, "squeezenet": SqueezeNetEye}
EARS: dict[str, Constructor] = {"yamnet": Ear, "logmel": LogMelEar, "soundnet5": soundnet5, "soundnet8": soundnet8}
NETWORKS = EYES | EARS
