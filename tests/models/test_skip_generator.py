"""The generator that ships: two sizes of one picture, and what training it needs to see."""

import pytest
import torch

from models.generation.alterations import alter
from models.generation.ours import QUIET, near, outlines
from models.generation.perceived import PerceivingDiscriminator
from models.networks.listener import VALUES, Listener
from models.networks.mobilenet import MobileNetV2
from models.networks.skip import SkipGenerator


def small_generator() -> SkipGenerator:
    torch.manual_seed(0)
    return SkipGenerator(5, 4, (16, 16, 16, 8, 8)).eval()


def test_both_sides_are_pictures_in_range() -> None:
    generator = small_generator()
    assert generator.sides == [32, 64]
    for side in generator.sides:
        made = generator(torch.randn(2, 5), torch.randn(2, 4), side)
        assert made.shape == (2, 3, side, side)
        assert made.min() >= 0 and made.max() <= 1


def test_the_smaller_picture_is_a_draft_of_the_larger() -> None:
    """As the last stage adds nothing yet, the larger one is the smaller one enlarged."""
    generator = small_generator()
    for name, parameter in generator.large[-1].named_parameters():
        if name.startswith("colour"):
            torch.nn.init.zeros_(parameter)
    condition, latent = torch.randn(1, 5), torch.randn(1, 4)
    draft, whole = (generator(condition, latent, side).logit() for side in generator.sides)
    enlarged = torch.nn.functional.interpolate(draft, scale_factor=2.0, mode="bilinear", align_corners=False)
    assert torch.allclose(whole, enlarged, atol=1e-4)


def test_condition_and_latent_both_change_the_picture() -> None:
    generator = small_generator()
    condition, latent = torch.randn(1, 5), torch.randn(1, 4)
    first = generator(condition, latent, 32)
    assert (generator(torch.randn(1, 5), latent, 32) - first).abs().mean() > 1e-3
    assert (generator(condition, torch.randn(1, 4), 32) - first).abs().mean() > 1e-3


def test_the_listener_hears_the_newest_half_second_at_any_level() -> None:
    torch.manual_seed(0)
    listener = Listener().eval()
    wave = torch.randn(1, 8000) * 0.1
    with torch.inference_mode():
        heard = listener(wave)
        assert heard.shape == (1, VALUES)
        assert heard.norm().item() == pytest.approx(1, abs=1e-5)
        assert torch.allclose(listener(wave * 0.05), heard, atol=1e-4)
        assert torch.allclose(listener(torch.cat([torch.randn(1, 9000), wave], 1)), heard, atol=1e-5)
        assert torch.isfinite(listener(torch.zeros(1, 1))).all()


def test_louder_is_nearer() -> None:
    """A bright square in the middle covers more of the picture, the louder the sound."""
    picture = torch.zeros(1, 3, 144, 144, dtype=torch.uint8)
    picture[:, :, 54:90, 54:90] = 255
    covered = []
    for level in (QUIET, 0.5, 0.75, 1.0):
        shown = [near(picture, torch.tensor([level]), 64, torch.Generator().manual_seed(seed)) for seed in range(20)]
        covered.append(float(torch.stack(shown).mean()))
    assert covered == sorted(covered)
    assert covered[0] == pytest.approx((36 / 144) ** 2, rel=0.1)
    assert covered[-1] > 1.8 * covered[0]


def test_outlines_tell_shapes_and_not_light() -> None:
    picture = torch.rand(1, 3, 64, 64).repeat_interleave(8, 2)[:, :, :64].repeat_interleave(8, 3)[:, :, :, :64]
    assert (outlines(picture) - outlines(picture * 0.5 + 0.4)).abs().mean() < 0.1
    assert (outlines(picture) - outlines(picture.flip(3))).abs().mean() > 0.5
    white = torch.ones(1, 3, 64, 64, requires_grad=True)  # a picture all of one colour must not end a training
    outlines(white).square().sum().backward()
    assert white.grad is not None and torch.isfinite(white.grad).all()


def test_alterations_let_gradients_through_and_differ_by_picture() -> None:
    pictures = torch.rand(1, 3, 32, 32).repeat(4, 1, 1, 1).requires_grad_()
    altered = alter(pictures)
    assert altered.shape == pictures.shape
    assert not torch.allclose(altered[0], altered[1])
    altered.sum().backward()
    assert pictures.grad is not None and (pictures.grad.abs().flatten(1).sum(1) > 0).all()


def test_the_discriminator_learns_but_its_eye_does_not() -> None:
    torch.manual_seed(0)
    judge = PerceivingDiscriminator(MobileNetV2(), 5, 3, 8)
    picture = torch.rand(2, 3, 64, 64, requires_grad=True)
    seen = judge.look(picture)
    logits = judge.judge(seen, torch.randn(2, 5))
    assert len(logits) == 4 and all(x.shape[:2] == (2, 1) for x in logits)
    assert judge.name(seen).shape == (2, 3)
    (sum(x.mean() for x in logits) + judge.name(seen).mean()).backward()
    assert picture.grad is not None and picture.grad.abs().sum() > 0
    assert all(p.grad is None for p in judge.perception.parameters())
    assert all(p.grad is not None for p in judge.parameters() if p.requires_grad)
