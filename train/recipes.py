"""Every recipe, one frozen dataclass each, with the reason for its numbers.

`python -m train --recipe NAME` takes one by name; a new one is a new entry in RECIPES.
"""

from dataclasses import dataclass, field
from typing import Literal

Schedule = Literal["cosine", "plateau", "one-cycle", "exponential", "constant"]


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of training at one image size and one way of setting the learning rate."""

    epochs: int
    size: int  # pixels: the 48x48 crop is enlarged to size x size
    learning_rate: float  # the highest of the phase
    final_learning_rate: float = 0.0  # where cosine ends
    schedule: Schedule = "cosine"
    warmup: float = 0.0  # share of the phase in which the rate climbs (cosine only)
    frozen: bool = False  # train the head alone


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each random change may go; 0 switches it off."""

    flip: float = 0.5  # probability
    # The spread of detectors' boxes around FER-2013's frame (emotion/crop.py): the middle 80 % of
    # YuNet's lie within ±0.06 of the centre and ±15 % of the size.
    shift: float = 0.06  # share of the side
    scale: float = 0.15
    rotation: float = 12.0  # degrees
    brightness: float = 0.15  # added, of a range of 1
    contrast: float = 0.3  # factor 1 ± this
    gamma: float = 0.0  # exponent e ** (± this)
    shadow: float = 0.0  # light from one side: share lost at the far edge, at most
    low_resolution: float = 0.0  # probability of shrinking to 16..40 px and back
    noise: float = 0.0  # standard deviation, at most
    erase: float = 0.0  # probability of a grey rectangle
    mixup: float = 0.0  # alpha of the beta distribution
    cutmix: float = 0.0  # alpha of the beta distribution


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides a training run but the data and the machine."""

    architecture: str  # a timm name, or cnn48
    phases: tuple[Phase, ...]
    weights: str | None = "imagenet"  # imagenet | lite-pypi | a file of a state dict | None
    channels: int = 3  # 1: the stem's three colour planes are summed into one
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)  # ImageNet's, per channel, of values 0..1
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    dense: tuple[int, ...] = ()  # widths of hidden layers between trunk and logits
    dropout: tuple[float, ...] = (0.2,)  # after each hidden layer; with none, before the logits
    batch_size: int = 128
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    class_weights: Literal["none", "fixed", "dynamic"] = "none"
    votes: float = 0.0  # weight of the FER+ head's loss, where votes are at hand
    ema: float = 0.0  # decay of the averaged weights per step; 0: none
    clip: float = 1.0  # largest norm of the gradient
    patience: int | None = None  # epochs without a better valid accuracy before stopping
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def epochs(self) -> int:
        """Epochs of all phases."""
        return sum(phase.epochs for phase in self.phases)

    def phase_at(self, epoch: int) -> int:
        """The index of the phase that the epoch (from 0) belongs to."""
        last = 0
        for index, phase in enumerate(self.phases):
            last += phase.epochs
            if epoch < last:
                return index
        return len(self.phases) - 1


RECIPES: dict[str, Recipe] = {
    "lite0": Recipe(
        architecture="tf_efficientnet_lite0",
        # The only ImageNet weights that travel by PyPI, so this runs without the Hub.
        weights="lite-pypi",
        channels=1,  # grey anyway: a third of the stem's work
        mean=(0.5,),  # what these weights were trained with
        std=(0.5,),
        phases=(
            # Two thirds of the epochs at 64 px cost half of what they would at 96 px (141 images a
            # second against 66 on two cores); the last third settles at the size that is served.
            Phase(epochs=8, size=64, learning_rate=1e-3, final_learning_rate=4e-4, warmup=0.06),
            Phase(epochs=4, size=96, learning_rate=4e-4, final_learning_rate=1e-6),
        ),
        votes=1.0,  # +1.8 points on test, +3.9 on outside photographs against none
        ema=0.998,  # averages about two epochs' steps
        augmentation=Augmentation(gamma=0.3, shadow=0.5, low_resolution=0.2, noise=0.04, erase=0.3),
    ),
}
