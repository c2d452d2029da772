"""What ten annotators' votes let expect of FER-2013's own label.

The label is one person's word, often a slip: where votes are at hand, part of its weight is better
given to the labels that faces with such votes have. Over all of train that is no face's own secret,
so it can't be learned by heart.
"""

import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional

from emotion.types import LABELS


def expected_labels(labels: Tensor, votes: Tensor) -> Tensor:
    """(N, 7) probabilities of the labels (N,) given votes (N, 10), by logistic regression on both.

    A face without votes keeps its label.
    """
    likely = functional.one_hot(labels, len(LABELS)).float()
    voted = votes.sum(1) > 0
    if len(labels[voted].unique()) < 2:  # nothing to tell apart
        return likely
    x, y = votes[voted].cpu().numpy(), labels[voted].cpu().numpy()
    model = LogisticRegression(max_iter=1000).fit(x, y)
    # A label that no face has is not among the model's.
    places = functional.one_hot(torch.from_numpy(model.classes_), len(LABELS)).to(likely)
    likely[voted] = torch.from_numpy(model.predict_proba(x)).to(likely) @ places
    return likely
