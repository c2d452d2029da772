"""Temperature, biases and sharpness are found again where they were put in."""

import pytest
import torch
from torch import nn

from emotion.types import LABELS
from train.calibrate import Calibration, calibrate, sharpened

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


def test_too_certain_of_some_faces_and_too_modest_of_others() -> None:
    logits, _ = right()
    meant = sharpened(logits, torch.tensor([2.0, -8.0, 6.5])).softmax(1)
    truth = meant.multinomial(1)[:, 0]
    found = calibrate(Wrong(logits, 1.0, torch.zeros(7)), 16, IMAGES, truth)
    plain = logits / found.temperature + torch.tensor(found.bias)
    served = sharpened(plain, torch.tensor(found.sharpness)).softmax(1)
    assert torch.equal(served.argsort(1), plain.argsort(1))

    def error(said: torch.Tensor) -> float:
        return float((said.amax(1) - meant.amax(1)).abs().mean())

    assert error(served) < 0.5 * error(plain.softmax(1))


def test_a_few_faces_that_are_all_right_are_not_sharpened_for_ever() -> None:
    logits = 2 * torch.eye(7)
    found = calibrate(Wrong(logits, 1.0, torch.zeros(7)), 16, IMAGES[:7], torch.arange(7))
    top = (logits / found.temperature + torch.tensor(found.bias)).softmax(1).amax(1)
    exponent = sum(part * top**power for power, part in enumerate(found.sharpness))
    assert exponent.abs().max() < 5


def test_files_before_sharpness_are_read() -> None:
    assert Calibration.of({"temperature": 1.5, "bias": [0.0] * 7}) == Calibration(1.5)
