"""What a network says about images, and how right it is."""

import numpy as np
import torch
from sklearn.metrics import f1_score, recall_score
from torch import Tensor, nn

from emotion.types import LABELS
from train.augment import to_pixels


@torch.no_grad()
def predict(network: nn.Module, images: Tensor, size: int, batch: int = 256) -> Tensor:
    """Label logits (N, 7) of uint8 (N, 48, 48), in evaluation mode."""
    network.eval()
    return torch.cat([network(to_pixels(part, size))[0] for part in images.split(batch)])


def scores(truth: np.ndarray, guesses: np.ndarray) -> dict[str, float]:
    """Accuracy, macro-F1 and recall of each class, named as the history names them."""
    every = {"labels": range(len(LABELS)), "zero_division": 0}
    recall = recall_score(truth, guesses, average=None, **every)
    return {
        "valid_accuracy": float(np.mean(guesses == truth)),
        "valid_macro_f1": float(f1_score(truth, guesses, average="macro", **every)),
        **{f"valid_recall_{label}": float(r) for label, r in zip(LABELS, recall, strict=True)},
    }
