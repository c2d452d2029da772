"""Faces over time to spans: who showed which expression from when to when."""

from collections import Counter
from dataclasses import dataclass, field

from emotion.draw import is_uncertain
from emotion.video import Analysed, TrackedFace
from ui.view import Json

# Who was seen less often may be no face at all: a detector errs for a single frame.
SEEN = 2


@dataclass(slots=True)
class _Span:
    label: str
    uncertain: bool
    start: float
    end: float
    # The strongest that it was.
    confidence: float

    def view(self) -> Json:
        return {
            "label": self.label,
            "uncertain": self.uncertain,
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "confidence": round(self.confidence, 4),
        }


@dataclass(slots=True)
class Timeline:
    """Takes what was analysed, in the order of time.

    What a frame shows holds until the next one. Expressions less probable than uncertain_below
    are uncertain.
    """

    uncertain_below: float
    _spans: dict[int, list[_Span]] = field(default_factory=dict)
    _present: set[int] = field(default_factory=set)
    _seen: Counter[int] = field(default_factory=Counter)
    _frames: int = 0

    def add(self, analysed: Analysed) -> None:
        """Takes the faces of one frame."""
        self._extend(analysed.seconds)
        for face in analysed.faces:
            self._show(face, analysed.seconds)
        self._present = {face.id for face in analysed.faces}
        self._seen.update(self._present)
        self._frames += 1

    def view(self, seconds: float) -> Json:
        """Of a clip of this length: {people, others}.

        people has {id, spans} for each person, in the order of their coming; others is how many
        were seen in a single frame of several, and are left out.
        """
        self._extend(seconds)
        enough = min(SEEN, self._frames)
        people = [
            {"id": person, "spans": [span.view() for span in spans]}
            for person, spans in self._spans.items()
            if self._seen[person] >= enough
        ]
        return {"people": people, "others": len(self._spans) - len(people)}

    def _extend(self, seconds: float) -> None:
        for person in self._present:
            self._spans[person][-1].end = seconds

    def _show(self, face: TrackedFace, seconds: float) -> None:
        spans = self._spans.setdefault(face.id, [])
        label, confidence = face.prediction.label, face.prediction.confidence
        uncertain = is_uncertain(face.prediction, self.uncertain_below)
        last = spans[-1] if spans and face.id in self._present else None
        if last is not None and (last.label, last.uncertain) == (label, uncertain):
            last.confidence = max(last.confidence, confidence)
        else:
            spans.append(_Span(label, uncertain, seconds, seconds, confidence))
