"""Which pairs fit: those of which an image classifier and a sound classifier say the same (after Wan, Chuang, Lee,
"Towards Audio to Scene Image Synthesis Using Generative Adversarial Network", 2018, section 2).

The rule is ours: half a second is short and 365 places are many and alike, so a pair agrees if one place is among the
best TOP of both. How far the two distributions are apart is kept with the pair.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOP = 5
See = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
Hear = Callable[[NDArray[np.float32], int], NDArray[np.float32]]


@dataclass(frozen=True)
class Verdict:
    """place: the most probable class that both name among their best, "" if they agree on none.

    kl: KL(picture || sound) in nats.
    """

    place: str
    kl: float


@dataclass(frozen=True)
class Judge:
    """An image and a sound classifier of the same classes.

    name: tells this judge from others. see: picture uint8 [height, width, 3] RGB -> p [classes].
    hear: samples float32 [n, 1], rate in Hz -> log_q [classes].
    """

    name: str
    classes: Sequence[str]
    see: See
    hear: Hear

    def __call__(self, picture: NDArray[np.uint8], samples: NDArray[np.float32], rate: int) -> Verdict:
        """Compare a picture with mono samples [n]."""
        p, log_q = self.see(picture), self.hear(samples[:, None], rate)
        seen = p > 0
        kl = float(np.sum(p[seen] * (np.log(p[seen]) - log_q[seen])))
        heard = set(np.argsort(-log_q, kind="stable")[:TOP])
        place = next((self.classes[i] for i in np.argsort(-p, kind="stable")[:TOP] if i in heard), "")
        return Verdict(place, round(kl, 3))
