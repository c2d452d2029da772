"""Averages that follow, and batch norms that fit them."""

import torch
from torch import nn

from train.average import averaged, retake_statistics


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1))


def test_a_short_run_is_followed_closely() -> None:
    plain = network()
    average = averaged(plain, 0.998)
    for step in range(1, 21):
        plain[0].bias.data.fill_(step)
        average.update_parameters(plain)
    assert average.module[0].bias.mean() > 14


def test_statistics_are_those_of_the_batches() -> None:
    plain = network().train()
    average = averaged(plain, 0.9)
    batches = [torch.rand(8, 1, 4, 4) for _ in range(3)]
    retake_statistics(average.module, plain, batches)
    inside = torch.stack([average.module[0](batch).mean((0, 2, 3)) for batch in batches]).mean(0)
    torch.testing.assert_close(average.module[1].running_mean, inside)
    assert average.module[1].momentum == plain[1].momentum
    assert not average.module.training
    plain[1].eval()  # frozen ones keep theirs
    retake_statistics(average.module, plain, batches[:1])
    torch.testing.assert_close(average.module[1].running_mean, inside)
