"""What a model's file says of where its network comes from."""

import dataclasses

import pytest

from train.finish import _dataset
from train.recipes import RECIPES, Recipe

OURS = "FER-2013 with FER+ votes, after ImageNet and VGGFace2"


@pytest.mark.parametrize(
    ("data", "recipe", "said"),
    [
        ("FER-2013", RECIPES["cnn48"], "FER-2013"),
        ("FER-2013", RECIPES["mobilenet-faces"], OURS),
        ("FER-2013", RECIPES["onward"], OURS),
        ("faces", dataclasses.replace(RECIPES["onward"], votes=False), f"faces, after {OURS}"),
    ],
)
def test_the_data_of_network_teachers_and_file(data: str, recipe: Recipe, said: str) -> None:
    assert _dataset(data, recipe) == said
