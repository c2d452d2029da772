"""What can be wrong with a training run, each in one sentence that names the file.

TrainError
├── DataError      the data set; names the file and the row
└── WeightsError   the weights to start from, or a checkpoint
"""


class TrainError(Exception):
    """The run can't go on."""


class DataError(TrainError):
    """The data can't be used as they are; the message names the file and the row."""


class WeightsError(TrainError):
    """Starting weights or a checkpoint can't be had, can't be read or don't fit."""
