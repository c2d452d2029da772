"""Temperature and biases are found again where they were put in."""

import pytest
import torch
from torch import nn

from emotion.types import LABELS
from train.calibrate import calibrate

IMAGES = torch.zeros(2000, 48, 48, dtype=torch.uint8)


class Wrong(nn.Module):
    """Right logits, times `loudness`, with something added to each label's."""

    def __init__(self, logits: torch.Tensor, loudness: float, added: torch.Tensor) -> None:
        super().__init__()
        self.logits = (logits + added) * loudness

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, None]:
        start = getattr(self, "start", 0)
        self.start = start + len(pixels)
        return self.logits[start : self.start], None


def right() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits, and labels drawn from the very probabilities that they mean."""
    torch.manual_seed(0)
    logits = 2 * torch.randn(len(IMAGES), len(LABELS))
    return logits, logits.softmax(1).multinomial(1)[:, 0]


@pytest.mark.parametrize("loudness", [0.5, 1.0, 3.0])
def test_too_quiet_and_too_loud(loudness: float) -> None:
    logits, truth = right()
    found = calibrate(Wrong(logits, loudness, torch.zeros(7)), 16, IMAGES, truth)
    assert found.temperature == pytest.approx(loudness, rel=0.1)
    assert found.bias == pytest.approx([0.0] * 7, abs=0.25)


def test_a_label_said_too_often() -> None:
    logits, truth = right()
    added = torch.tensor([1.5, 0.0, 0.0, 0.0, 0.0, 0.0, -1.5])
    found = calibrate(Wrong(logits, 2.0, added), 16, IMAGES, truth)
    assert found.temperature == pytest.approx(2.0, rel=0.1)
    assert found.bias == pytest.approx((-added).tolist(), abs=0.25)


def test_a_label_that_valid_lacks_keeps_a_finite_bias() -> None:
    logits, truth = right()
    truth = torch.where(truth == 1, 0, truth)
    found = calibrate(Wrong(logits, 1.0, torch.zeros(7)), 16, IMAGES, truth)
    assert -20 < found.bias[1] < -2


def test_a_share_of_the_biases_has_its_own_temperature() -> None:
    logits, truth = right()
    added = torch.tensor([3.0, 0.0, 0.0, 0.0, 0.0, 0.0, -3.0])
    network = Wrong(logits, 2.0, added)
    whole = calibrate(network, 16, IMAGES, truth)
    network.start = 0
    half = calibrate(network, 16, IMAGES, truth, bias_share=0.5)
    assert half.bias == pytest.approx([bias / 2 for bias in whole.bias], abs=0.01)
    # What stays wrong has to be said with less confidence.
    assert half.temperature > 1.2 * whole.temperature
    network.start = 0
    none = calibrate(network, 16, IMAGES, truth, bias_share=0.0)
    assert none.bias == (0.0,) * 7
    assert none.temperature > half.temperature
