"""A whole run: the plan made or found again, what is missing of it scored, and told."""

import argparse
from collections import Counter
from typing import cast

from emotion.bulk.cluster import joined, score_parts
from emotion.bulk.places import Place, open_place
from emotion.bulk.plan import PLAN, Plan, Settings, write_plan
from emotion.bulk.sources import find_parts
from emotion.bulk.worker import Job, sha256_of
from emotion.detection import Name
from emotion.recognize import EmotionRecognizer
from emotion.types import EmotionError


def run(options: argparse.Namespace) -> str:
    """Does what the options of emotion/bulk/cli.py say; returns a sentence about the output.

    Raises EmotionError where it can't begin, or parts are missing at the end.
    """
    source, out = open_place(options.source), open_place(options.out)
    job = Job(source, out, options.model, settings_of(options, source))
    plan = _plan(job)
    done = f"all of {plan.parts} parts are in {out.shown()}"
    if not plan.missing():
        return done
    with joined(options.address, options.cores):
        total = _score(job, plan, options.cores)
    counts = f"{total['images']:,} images, {total['faces']:,} faces"
    return f"{counts}, {total['errors']:,} that can't be read; {done}"


def _score(job: Job, plan: Plan, cores: int | None) -> Counter[str]:
    """Tries what is missing, until all is there or a pass adds nothing.

    Ray's retries may be used up while it has not yet noticed that a machine is lost.
    """
    total: Counter[str] = Counter()
    missing, reason = plan.missing(), ""
    while missing:
        try:
            total += score_parts(job, missing, cores)
        except EmotionError as error:
            reason = f" ({error})"
        before, missing = len(missing), plan.missing()
        if len(missing) == before:
            raise EmotionError(
                f"{before} of {plan.parts} parts are missing{reason}: "
                "the same command tries them again"
            )
    return total


def settings_of(options: argparse.Namespace, source: Place) -> Settings:
    """What the output depends on. Raises ModelError where a network can't be loaded."""
    # What can't be loaded is said before anything is begun.
    recognizer = EmotionRecognizer(options.model, detector=options.detector)
    return Settings(
        source=source.address("/".join(filter(None, (source.path, source.rest)))),
        column=options.column,
        part_size=options.part_size,
        # "auto" is settled here: it must not mean YuNet on one machine and MTCNN on another.
        detector=cast(Name, recognizer.detector.name),
        min_score=options.min_score,
        largest=options.largest,
        model_sha256=sha256_of(options.model),
    )


def _plan(job: Job) -> Plan:
    settings = job.settings
    job.out.clear()
    if not (job.out / PLAN).exists():
        write_plan(job.out, find_parts(job.source, settings.part_size, settings.column), settings)
    plan = Plan(job.out)
    plan.check(settings)
    return plan
