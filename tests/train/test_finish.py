"""What a model's file says of where its network comes from."""

import dataclasses

import pytest

from train.finish import _dataset
from train.recipes import RECIPES


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("cnn48", "FER-2013"),
        ("mobilenet-faces", "FER-2013 with FER+ votes, after ImageNet and VGGFace2"),
        ("onward", "FER-2013 with FER+ votes, after ImageNet and VGGFace2"),
    ],
)
def test_the_data_of_network_and_teachers(recipe: str, said: str) -> None:
    assert _dataset("FER-2013", RECIPES[recipe]) == said


def test_an_adapted_model_says_what_the_file_had_learned() -> None:
    adapted = dataclasses.replace(RECIPES["onward"], votes=False)
    said = "faces, after FER-2013 with FER+ votes, after ImageNet and VGGFace2"
    assert _dataset("faces", adapted) == said
