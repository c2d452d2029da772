"""A whole run: the plan made or found again, what is missing of it scored, and told."""

import argparse
from typing import cast

from emotion.bulk.cluster import joined, score_parts
from emotion.bulk.places import Place, open_place
from emotion.bulk.plan import PLAN, Plan, Settings, write_plan
from emotion.bulk.sources import find_parts
from emotion.bulk.worker import Job, sha256_of
from emotion.detect import Name
from emotion.recognize import EmotionRecognizer
from emotion.types import EmotionError


def run(options: argparse.Namespace) -> str:
    """Does what the options of emotion/bulk/cli.py say; returns a sentence about the output.

    Raises EmotionError where it can't begin, or parts are missing at the end.
    """
    source, out = open_place(options.source), open_place(options.out)
    job = Job(source, out, options.model, _settings(options, source))
    plan = _plan(job)
    done = ""
    if missing := plan.missing():
        with joined(options.address, options.cores):
            total = score_parts(job, missing, options.cores)
        done = "{images:,} images, {faces:,} faces, {errors:,} that can't be read; ".format(**total)
    if left := len(plan.missing()):
        raise EmotionError(
            f"{done}{left} of {plan.parts} parts are missing: the same command tries them again"
        )
    return f"{done}all of {plan.parts} parts are in {out.shown()}"


def _settings(options: argparse.Namespace, source: Place) -> Settings:
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
