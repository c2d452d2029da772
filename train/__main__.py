"""Train a network on faces, measure it, export it to ONNX, and publish it.

    python -m train --data fer2013.csv                         train, measure on valid, export
    python -m train --data DIR --recipe cnn48 --out runs/small another recipe, another folder
    python -m train --data DIR --weights emotion.onnx          adapt a model to your photographs
    python -m train --data DIR --push OWNER/NAME               ... and publish model and card
    python -m train --out runs/lite0 --push OWNER/NAME         publish a finished run
    accelerate launch -m train --data DIR                      on all GPUs of this machine

The test split is read only with --test or --push: everything is chosen on valid.
"""

import argparse
import ctypes
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from accelerate import Accelerator

from emotion.cli.main import between
from emotion.hub import find_model
from emotion.types import EmotionError
from train import data, published, push
from train.card import CARD, MODEL, PLOTS
from train.checkpoint import BEST, LAST
from train.errors import TrainError, WeightsError
from train.figures import METRICS
from train.finish import Run, finish
from train.loop import LOG, stopped
from train.network import LEARNED_BEFORE, OWN
from train.processes import from_main, this_process
from train.recipes import RECIPES, Recipe
from train.split import Split
from train.teach import runs_of, train_after_teachers

COUNT = between(1, 10**6, int)
INTERRUPTED = 130  # what shells report for Ctrl-C
# A GPU from which on float16 is quicker than float32: V100, T4.
HALF_CAPABILITY = (7, 0)


def main(argv: list[str] | None = None) -> int:
    """The command line; the exit status is 0, 1 after one sentence on stderr, or 130 for Ctrl-C."""
    parser = _parser()
    options = parser.parse_args(argv)
    if not options.data and not options.push:
        parser.error("--data is needed, or --push with a finished --out")
    try:
        _settle(options)
        _run(options)
    except (EmotionError, TrainError, OSError) as error:
        if this_process().is_main_process:
            print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        runs = runs_of(RECIPES[options.recipe], options.out) if options.recipe else []
        print(f"\n{stopped(runs)}", file=sys.stderr)
        return INTERRUPTED
    return 0


def _settle(options: argparse.Namespace) -> None:
    """What is to be done where nobody says: it depends on what training starts from."""
    if options.weights:
        options.weights = _weights(options.weights)
    if options.recipe is None:
        options.recipe = "onward" if published.is_published(options.weights) else "lite0"
    options.out = options.out or Path("runs", options.recipe)


def _run(options: argparse.Namespace) -> None:
    to = {"create_pr": options.create_pr}
    # Before hours of training, not after: a name or token that won't do.
    if options.push and not options.dry_run:
        from_main(lambda: push.check(options.push, **to))
    if options.data:
        _train(options)
    if options.push and this_process().is_main_process:
        to |= {"private": options.private, "dry_run": options.dry_run}
        print(push.push(options.out, options.push, **to))


def _keep_freed() -> None:
    """Makes glibc keep what is freed for the next batch: 113 images a second instead of 68."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:  # musl has none
        mallopt(-4, 0)  # M_MMAP_MAX
        mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


def _train(options: argparse.Namespace) -> None:
    _keep_freed()
    # No cudnn.benchmark: with it MobileNet had not finished its first step on an H200 after 45 s,
    # without it in 12. No torch.compile: slower on a CPU, and never measured on a GPU.
    recipe, out = _recipe(options), options.out
    accelerator = Accelerator(mixed_precision=options.precision or _precision())
    from_main(lambda: _claim(runs_of(recipe, out), options.resume, options.overwrite))
    splits = data.load(options.data, options.ferplus, options.labels, accelerator.print)
    others = (split for name, split in splits.items() if name != "train")
    train = data.drop_twins(splits["train"], *others)
    dropped = len(splits["train"]) - len(train)
    accelerator.print(data.report(splits))
    if dropped:
        accelerator.print(f"{dropped} images dropped from train: valid or test has them too")
    train_after_teachers(
        recipe, train, splits["valid"], out, seed=options.seed, accelerator=accelerator
    )
    accelerator.end_training()
    if accelerator.is_main_process:
        run = Run(
            recipe=options.recipe,
            seed=options.seed,
            images=len(train),
            twins_dropped=dropped,
            dataset=options.data_name or _name_of(options.data, splits),
            votes=bool(train.votes.any()),
            version=options.version,
            licence=options.licence,
            project=options.project,
        )
        finish(run, splits, out, test=options.test or bool(options.push))
        print(f"{out / MODEL}: ready for EmotionRecognizer(model=...)")


def _claim(runs: Sequence[Path], resume: bool, overwrite: bool) -> None:
    """See that the run in the last of the folders goes on, or replaces nothing by mistake."""
    out = runs[-1]
    if resume:
        # A teacher's checkpoint will do: Ctrl-C may have come while one was trained.
        if not any((run / LAST).is_file() for run in runs):
            raise WeightsError(f"{out / LAST}: no such checkpoint, so there is nothing to resume")
        return
    held = [out / name for name in (LAST, BEST, MODEL, METRICS, CARD, *PLOTS)]
    if any(path.is_file() for path in held) and not overwrite:
        raise TrainError(
            f"{out} holds a run already: --resume goes on with it, --overwrite replaces it"
        )
    for path in held:
        path.unlink(missing_ok=True)
    for folder in (LOG, push.STAGED):
        shutil.rmtree(out / folder, ignore_errors=True)


def _name_of(source: str, splits: dict[str, Split]) -> str:
    """What a data set is called where nobody says: FER-2013 is known by its counts."""
    if data.is_fer2013(splits):
        return "FER-2013"
    return Path(source).resolve().name if Path(source).exists() else source


def _recipe(options: argparse.Namespace) -> Recipe:
    recipe = RECIPES[options.recipe]
    weights = options.weights or recipe.weights
    if weights is not None and published.is_published(weights):
        recipe = published.fitted(recipe, weights)
    if weights == "imagenet" and recipe.architecture in OWN:
        raise WeightsError(f"{recipe.architecture} has no ImageNet weights: start from none")
    phases = recipe.phases
    if options.epochs:
        phases = (replace(phases[-1], epochs=options.epochs),)
    if options.lr:
        factor = options.lr / max(phase.learning_rate for phase in phases)
        phases = tuple(
            replace(
                phase,
                learning_rate=factor * phase.learning_rate,
                final_learning_rate=factor * phase.final_learning_rate,
            )
            for phase in phases
        )
    return replace(
        recipe,
        phases=phases,
        batch_size=options.batch_size or recipe.batch_size,
        weights=None if weights == "none" else weights,
    )


def _weights(given: str) -> str:
    """A file for a folder, or OWNER/NAME on the Hub, that was published; all else as it is."""
    if Path(given).is_dir():
        return str(Path(given, MODEL))
    if re.fullmatch(r"[\w.-]+/[\w.-]+", given) and not Path(given).exists():
        return from_main(lambda: str(find_model(given)))
    return given


def _precision() -> str:
    """What the GPU computes quickly; CPUs without bfloat16 take eight times as long with it."""
    if not torch.cuda.is_available():
        return "no"
    # T4 and V100 have it by emulation only.
    if torch.cuda.is_bf16_supported(including_emulation=False):
        return "bf16"
    return "fp16" if torch.cuda.get_device_capability() >= HALF_CAPABILITY else "no"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_argument_group("data")
    source.add_argument("--data", help="CSV, parquet, folder of images, or OWNER/NAME on the Hub")
    source.add_argument(
        "--labels",
        default="",
        metavar="OURS=THEIRS,…",
        help="names of labels that are not ours: happy=amused,drop=bored",
    )
    source.add_argument("--ferplus", type=Path, help="FER+'s fer2013new.csv, beside a CSV")
    source.add_argument("--data-name", help="what the card calls the data set")
    training = parser.add_argument_group("training")
    training.add_argument("--recipe", choices=RECIPES, help="default: lite0; onward for an ONNX")
    names = ", ".join(LEARNED_BEFORE)
    training.add_argument(
        "--weights",
        help=f"where to start instead of the recipe's: {names}, none, FILE.onnx or "
        "OWNER/NAME of a published model, or a checkpoint",
    )
    training.add_argument("--epochs", type=COUNT, help="of the recipe's last phase alone")
    training.add_argument("--lr", type=between(1e-9, 10), help="the highest learning rate")
    training.add_argument("--batch-size", type=COUNT, help="of all processes together")
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--precision", choices=("no", "bf16", "fp16"), help="default: by the GPU")
    run = parser.add_argument_group("run")
    run.add_argument("--out", type=Path, help="folder of the run; default: runs/RECIPE")
    run.add_argument("--resume", action="store_true", help="go on from last.pt of --out")
    run.add_argument("--overwrite", action="store_true", help="replace the run in --out")
    run.add_argument("--test", action="store_true", help="measure on test as well, for the card")
    run.add_argument("--version", default="0.1.0", help="of the model; default: 0.1.0")
    run.add_argument("--licence", help="of the model, as the Hub writes it: mit, cc-by-4.0, …")
    run.add_argument("--project", metavar="URL", help="of your copy of this code, for the card")
    hub = parser.add_argument_group("publishing")
    hub.add_argument("--push", metavar="OWNER/NAME", help="publish on the Hub; implies --test")
    hub.add_argument("--private", action="store_true", help="a new repository is private")
    hub.add_argument("--create-pr", action="store_true", help="as a pull request")
    hub.add_argument("--dry-run", action="store_true", help="write the folder, upload nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
