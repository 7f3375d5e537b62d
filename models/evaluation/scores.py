"""How good and how various generated pictures are."""

from torch import Tensor


def inception_score(p: Tensor) -> float:
    """exp of the mean KL(p(y|x) || p(y)), of a classifier's probabilities [N,K]: 1 to K.

    Salimans et al. 2016, "Improved techniques for training GANs", section 4; all N at once. By a classifier of K
    classes, not by Inception: to be compared with its score of real pictures only.
    """
    log = p.clamp_min(1e-12).log()
    return float((p * (log - p.mean(0).clamp_min(1e-12).log())).sum(1).mean().exp())
