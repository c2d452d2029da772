"""What other people call the seven labels: names and numbers of their data sets to ours."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from emotion.types import LABELS
from train.errors import DataError

SYNONYMS = {
    "angry": ("anger", "mad", "rage"),
    "disgust": ("disgusted", "disgusting"),
    "fear": ("fearful", "afraid", "scared", "scare"),
    "happy": ("happiness", "joy", "joyful", "smile", "smiling"),
    "sad": ("sadness", "unhappy"),
    "surprise": ("surprised", "suprise", "astonished"),
    "neutral": ("neutrality", "calm"),
}
# Not among our seven: such images are left out, and counted.
ANY = "*"  # in --labels: every name that is not known
OTHERS = ("contempt", "contemptuous", "unknown", "uncertain", "notaface", "nf", "nonface")
# The folders 1 to 7 of RAF-DB (Li et al. 2017), in its own order.
RAF_DB = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")

# Every name, and FER-2013's own number, to the index in LABELS.
NUMBER_OF = {
    name: number
    for number, label in enumerate(LABELS)
    for name in (label, str(number), *SYNONYMS[label])
}


@dataclass
class LabelNames:
    """Maps the names of a data set to 0..6.

    `given` is what `--labels` says, from their names to ours. `dropped` counts the images of
    labels that are none of ours.
    """

    given: dict[str, str] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)

    @classmethod
    def parse(cls, text: str) -> "LabelNames":
        """From `angry=anger,happy=joy,drop=boredom`; raises DataError for anything else.

        `drop=*` leaves out all names that are not known.
        """
        given = {}
        for pair in filter(None, text.split(",")):
            ours, equals, theirs = (part.strip() for part in pair.partition("="))
            if not equals or not theirs or ours not in (*LABELS, "drop"):
                raise DataError(
                    f"--labels {pair!r}: expected OURS=THEIRS, OURS being drop, {', '.join(LABELS)}"
                )
            given[_plain(theirs)] = ours
        return cls(given)

    def number(self, name: str, where: str) -> int | None:
        """0 to 6; None, and counted, for what is to be left out; DataError for anything else."""
        plain = _plain(name)
        ours = self.given.get(plain, plain)
        if ours not in (*NUMBER_OF, "drop", *OTHERS):
            ours = self.given.get(ANY, ours)
        if ours in NUMBER_OF:
            return NUMBER_OF[ours]
        if ours == "drop" or ours in OTHERS:
            self.dropped[name.strip()] += 1
            return None
        raise DataError(
            f"{where}: label {name!r}, expected {', '.join(LABELS)} or 0 to {len(LABELS) - 1}; "
            f"for others say --labels OURS={name.strip()}, drop={name.strip()}, or drop=*"
        )

    def keep(self, table: pd.DataFrame, where: str = "") -> pd.DataFrame:
        """The rows whose `label` is one of ours, as 0..6; `where` stands before a row's index."""
        labels = table["label"].items()
        numbers = pd.Series(
            [self.number(label, f"{where}{row}") for row, label in labels], dtype=object
        )
        kept = numbers.notna().to_numpy()
        return table.assign(label=numbers.to_numpy())[kept].astype({"label": int})

    def tell_numbers(self, names: Iterable[str], where: str) -> None:
        """Decide what folders named by numbers mean: 0 to 6 as in FER-2013, 1 to 7 as in RAF-DB.

        Raises DataError where they could be either.
        """
        numbers = {name for name in names if name.isdecimal()} - set(self.given)
        if numbers == {*"1234567"}:
            self.given |= {str(number): label for number, label in enumerate(RAF_DB, start=1)}
        elif numbers and not ("0" in numbers and numbers <= {*"0123456"}):
            raise DataError(
                f"{where}: the labels {', '.join(sorted(numbers))} are neither FER-2013's 0 to 6 "
                "nor RAF-DB's 1 to 7; say what they mean: --labels angry=1,fear=2 and so on"
            )

    def report(self) -> str:
        """What was left out, in one sentence; empty where nothing was."""
        parts = [f"{count} of {name!r}" for name, count in self.dropped.most_common()]
        return f"Left out, none of the seven labels: {', '.join(parts)}." if parts else ""


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).lower()
