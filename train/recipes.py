"""Every recipe, one frozen dataclass each, with the reason for its numbers.

`python -m train --recipe NAME` takes one by name; a new one is a new entry in RECIPES.
"""

import dataclasses
import json
from bisect import bisect
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Literal

Schedule = Literal["cosine", "one-cycle"]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each random change may go; 0 switches it off."""

    flip: float = 0.5  # probability
    # The spread of detectors' boxes around FER-2013's frame (emotion/crop.py): the middle 80 % of
    # YuNet's lie within ±0.06 of the centre and ±15 % of the size.
    shift: float = 0.06  # share of the side
    scale: float = 0.15
    frame: float = 1.0  # share of FER-2013's frame that is shown, on average
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
class Phase:
    """A stretch of training at one image size and one way of setting the learning rate."""

    epochs: int
    size: int  # pixels: the 48x48 crop is enlarged to size x size
    learning_rate: float  # the highest of the phase
    final_learning_rate: float = 0.0  # where cosine ends
    schedule: Schedule = "cosine"
    warmup: float = 0.0  # share of the phase in which the rate climbs (cosine only)
    frozen: bool = False  # train neck and heads alone
    frozen_stages: int = 0  # how many of the trunk's first stages, and the stem, don't learn
    augmentation: Augmentation | None = None  # None: the recipe's


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides a training run but the data and the machine."""

    architecture: str  # a timm name, cnn48 or vgg48; vgg16 goes without its two 4096-wide layers
    phases: tuple[Phase, ...]
    # imagenet | lite-pypi | vggface2 | bundled | a teacher | FILE.onnx | a state dict's file | None
    weights: str | None = "imagenet"
    channels: int = 3  # 1: the stem's three colour planes are summed into one
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)  # ImageNet's, per channel, of values 0..1
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    dense: tuple[int, ...] = ()  # widths of hidden layers between trunk and logits
    dropout: tuple[float, ...] = (0.2,)  # after each hidden layer; with none, before the logits
    batch_size: int = 128
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    # What is served: the labels, or FER+ votes where the data has them.
    votes: bool = False
    # Answer as if all labels were equally common, the rarest counted as this common in training;
    # None: answer as the data's shares of the labels are.
    prior_floor: float | None = None
    fer2013: float = 0.0  # weight of the loss of a second head, which learns FER-2013's labels
    class_weights: Literal["none", "fixed"] = "none"  # fixed: by how rare a class is
    # Recipes whose finished runs teach this one, and their share in what it learns.
    teachers: tuple[str, ...] = ()
    distillation: float = 0.0
    ema: float = 0.0  # decay of the averaged weights per step; 0: none
    clip: float = 1.0  # largest norm of the gradient; 0: no limit
    chosen_by: Literal["accuracy", "loss"] = "accuracy"  # on valid: the best epoch
    patience: int | None = None  # epochs without a better one before stopping
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def epochs(self) -> int:
        """Epochs of all phases."""
        return sum(phase.epochs for phase in self.phases)

    def phase_at(self, epoch: int) -> int:
        """The index of the phase that the epoch (from 0) belongs to."""
        return bisect(list(accumulate(phase.epochs for phase in self.phases)), epoch)


def to_json(recipe: Recipe) -> str:
    """The recipe as a checkpoint carries it."""
    return json.dumps(dataclasses.asdict(recipe), sort_keys=True)


def from_json(text: str) -> Recipe:
    """The recipe that `to_json` wrote, perhaps of another version.

    A field that it lacks takes its default, one that is not known here is left out.
    """
    fields = json.loads(text)
    for part in (fields, *fields["phases"]):
        if part.get("augmentation"):
            part["augmentation"] = Augmentation(**_known(Augmentation, part["augmentation"]))
    fields["phases"] = [Phase(**_known(Phase, phase)) for phase in fields["phases"]]
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return Recipe(**_known(Recipe, fields | lists))


def _known(kind: type, fields: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in fields.items() if name in names}


# Served crops show 0.9 of FER-2013's frame, FER-2013's own faces all of it: between the two.
_FRAME = 0.925
# What the first epochs learn under, and what the last ones do.
_STRONG = Augmentation(
    frame=_FRAME, gamma=0.3, shadow=0.5, low_resolution=0.2, noise=0.04, erase=0.3
)
_MILD = Augmentation(
    frame=_FRAME, gamma=0.3, shadow=0.3, low_resolution=0.15, noise=0.02, erase=0.25
)
_LIGHT = Augmentation(frame=_FRAME, gamma=0.25)
_MIXED = dataclasses.replace(_STRONG, mixup=0.2, cutmix=1.0)
_BLENDED = dataclasses.replace(_MILD, mixup=0.2)
# Flips, turns and colour jitter (brightness and contrast on grey), and nothing else.
_JITTER = Augmentation(shift=0, scale=0, rotation=15, brightness=0.2, contrast=0.2)


def _people(**fields: Any) -> Recipe:
    """A recipe that serves what people see, as if all seven labels were equally common."""
    ours: dict[str, Any] = {
        "channels": 1,  # grey anyway: a third of the stem's work
        "votes": True,
        # With 0.04 the served head calls 9 % of the press photographs of other labels disgust, with
        # no floor 23 %; 0.06 reads fewer posed faces (train/RESULTS.md).
        "prior_floor": 0.04,
        "fer2013": 0.5,
        "ema": 0.998,  # averages about two epochs' steps
        "chosen_by": "loss",
        "augmentation": _MILD,
    }
    return Recipe(**(ours | fields))


def _plain(architecture: str, *phases: Phase, **fields: Any) -> Recipe:
    """A recipe as people run it on FER-2013's labels, from ImageNet's weights."""
    usual: dict[str, Any] = {
        "batch_size": 64,  # 224 px end to end in mixed precision fits a GPU of 8 GB
        "weight_decay": 0.01,  # AdamW's own default
        "label_smoothing": 0.0,
        # disgust is one image in 66: this trades about 1.5 points of accuracy for macro-F1
        "class_weights": "fixed",
        "patience": 6,
        "augmentation": _JITTER,
    }
    return Recipe(architecture, phases, **(usual | fields))


# The new head learns first: its early gradients are noise to a trained trunk.
_HEAD = Phase(epochs=5, size=224, learning_rate=1e-3, frozen=True)
# End to end, so a gentler rate than a head alone would bear, climbing for an epoch.
_ALL = Phase(epochs=25, size=224, learning_rate=3e-4, warmup=0.04)

# Mean and standard deviation of the pixels (0..1) of FER-2013's 28,709 Training images, measured
# over all of them: 0.50774 and 0.25501.
_FER2013_MEAN, _FER2013_STD = (0.5077,), (0.2550,)

_MOBILENET: dict[str, Any] = {
    "architecture": "mobilenetv1_100",
    "mean": (0.45,),  # of the three colours' means that VGGFace2's weights were trained with
    "std": (1 / 255,),  # they saw 0..255
}

RECIPES: dict[str, Recipe] = {
    "lite0": _people(
        architecture="tf_efficientnet_lite0",
        # The only ImageNet weights that travel by PyPI, so this runs without the Hub.
        weights="lite-pypi",
        mean=(0.5,),  # what these weights were trained with
        std=(0.5,),
        phases=(
            # Two thirds of the epochs at 64 px cost half of what they would at 96 px (141 images a
            # second against 66 on two cores); the last third settles at the size that is served.
            Phase(epochs=8, size=64, learning_rate=1e-3, final_learning_rate=4e-4, warmup=0.06),
            Phase(epochs=4, size=96, learning_rate=4e-4, final_learning_rate=1e-6),
            # A warm restart: after twelve epochs loss and accuracy still improved.
            Phase(
                epochs=12,
                size=96,
                learning_rate=1e-3,
                final_learning_rate=1e-6,
                warmup=0.06,
                augmentation=_MILD,
            ),
        ),
        augmentation=_STRONG,
    ),
    # From a network that knows faces: after 200 steps 4 points ahead of lite0's ImageNet weights.
    # Under cutmix and stronger changes it read valid and all photographs worse (train/RESULTS.md).
    "mobilenet-faces-teacher": _people(
        **_MOBILENET,
        weights="vggface2",
        phases=(
            Phase(epochs=34, size=96, learning_rate=1.5e-3, final_learning_rate=1e-6, warmup=0.05),
        ),
        batch_size=512,
        augmentation=_BLENDED,
    ),
    # A teacher that has seen nothing but FER-2013, at its own 48 px: as wide as the VGG13 of FER+'s
    # authors, with two convolutions a block.
    "vgg48": _people(
        architecture="vgg48",
        weights=None,
        mean=_FER2013_MEAN,
        std=_FER2013_STD,
        phases=(
            Phase(epochs=54, size=48, learning_rate=3e-3, final_learning_rate=3e-6, warmup=0.05),
        ),
        dense=(256,),
        dropout=(0.5,),
        batch_size=512,
        augmentation=_MIXED,
    ),
    "mobilenet-faces": _people(
        **_MOBILENET,
        weights="mobilenet-faces-teacher",  # goes on where its own teacher stopped
        teachers=("mobilenet-faces-teacher", "lite0", "vgg48"),
        distillation=0.7,
        phases=(
            Phase(epochs=29, size=96, learning_rate=1.5e-3, final_learning_rate=1e-6, warmup=0.05),
        ),
        batch_size=512,
        augmentation=_BLENDED,
    ),
    # On from a published file: the heads, then the last stage with them. Learning from the fourth
    # stage on, or under stronger changes, read posed faces worse (train/RESULTS.md).
    "onward": _people(
        **_MOBILENET,
        weights="bundled",
        batch_size=256,
        phases=(
            Phase(
                epochs=1,
                size=96,
                learning_rate=2e-3,
                final_learning_rate=5e-4,
                warmup=0.06,
                frozen=True,
            ),
            Phase(
                epochs=5,
                size=96,
                learning_rate=3e-4,
                final_learning_rate=1e-6,
                warmup=0.06,
                frozen_stages=4,
                augmentation=dataclasses.replace(_LIGHT, mixup=0.2),
            ),
        ),
        augmentation=_LIGHT,
    ),
    "efficientnet-b0-two-phase": _plain(
        "efficientnet_b0",
        _HEAD,
        dataclasses.replace(_ALL, learning_rate=1e-4),  # a tenth of the head's
        class_weights="none",
    ),
    "efficientnet-b0-weighted": _plain("efficientnet_b0", _ALL),
    # The trunk never learns, so this is quick and safe, and ends well below fine-tuning.
    "mobilenetv2": _plain(
        "mobilenetv2_100",
        dataclasses.replace(_HEAD, epochs=20),
        dense=(256, 128),  # narrowing from the trunk's 1280 features to 7 logits
        dropout=(0.4, 0.2),  # two wide layers on fixed features overfit soon
    ),
    # The small network from scratch as its authors describe it; they publish 64.33 % on valid.
    "cnn48": _plain(
        "cnn48",
        # Early stopping ends it sooner; the one cycle needs a length, and 50 epochs is ample.
        Phase(epochs=50, size=48, learning_rate=3e-3, schedule="one-cycle"),
        weights=None,
        channels=1,
        mean=_FER2013_MEAN,
        std=_FER2013_STD,
        dense=(512, 256, 128, 64),
        dropout=(0.40, 0.20, 0.10, 0.50),
        batch_size=100,
        weight_decay=1e-4,
        clip=0.0,
        patience=7,
        augmentation=Augmentation(
            flip=0.25, shift=0, scale=0, rotation=10, brightness=0, contrast=0
        ),
    ),
    "resnet50v2": _plain(
        "resnetv2_50",
        dataclasses.replace(_ALL, learning_rate=1e-4),
        mean=(0.5, 0.5, 0.5),  # what timm's weights for it were trained with
        std=(0.5, 0.5, 0.5),
    ),
    "vgg16": _plain(
        "vgg16",
        dataclasses.replace(_HEAD, size=96),
        # Without batch norm anywhere in the trunk, 1e-3 would destroy it.
        dataclasses.replace(_ALL, size=96, learning_rate=1e-4),
        dense=(256,),  # in place of the two 4096-wide layers, 120 of VGG16's 138 M parameters
        dropout=(0.5,),  # VGG's own
        weight_decay=5e-4,  # VGG's own
    ),
}
