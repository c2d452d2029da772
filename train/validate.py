"""What a network says about images, and how right it is."""

import numpy as np
import torch
from sklearn.metrics import f1_score, recall_score
from torch import Tensor, nn

from emotion.types import LABELS
from train.augment import to_pixels


@torch.no_grad()
def predict(network: nn.Module, images: Tensor, size: int, batch: int = 256) -> list[Tensor]:
    """Logits (N, 7) of each head for uint8 (N, 48, 48), the served one first; in evaluation."""
    network.eval()
    parts = [network(to_pixels(part, size)) for part in images.split(batch)]
    return [torch.cat(heads) for heads in zip(*parts, strict=True) if heads[0] is not None]


def scores(targets: Tensor, logits: Tensor) -> dict[str, float]:
    """Cross-entropy, accuracy, macro-F1 and recall of each class, as the history names them.

    targets (N, 7) are shares of each label, logits (N, 7) have the prior in them. A row of targets
    weighs as much as it sums to in the cross-entropy; one that is all zero is left out. Macro-F1 is
    over the labels that occur: data may have fewer than seven.
    """
    counted = targets.sum(1) > 0
    targets, logits = targets[counted].cpu(), logits[counted].float().cpu()
    loss = -(targets * logits.log_softmax(1)).sum() / targets.sum()
    truth, guesses = targets.argmax(1).numpy(), logits.argmax(1).numpy()
    every, shown = range(len(LABELS)), np.unique(truth)
    recall = recall_score(truth, guesses, labels=every, average=None, zero_division=0)
    f1 = f1_score(truth, guesses, labels=shown, average="macro", zero_division=0)
    return {
        "valid_loss": float(loss),
        "valid_accuracy": float(np.mean(guesses == truth)),
        "valid_macro_f1": float(f1),
        **{f"valid_recall_{label}": float(r) for label, r in zip(LABELS, recall, strict=True)},
    }
