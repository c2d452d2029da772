"""Fine-tune on FER-2013, measure, export to ONNX, and publish.

    python -m train --data fer2013.csv                         train, measure on valid, export
    python -m train --data DIR --recipe cnn48 --out runs/small another recipe, another folder
    python -m train --data DIR --push OWNER/NAME               ... and publish model and card
    python -m train --out runs/lite0 --push OWNER/NAME         publish what is finished already
    accelerate launch -m train --data DIR                      on all GPUs of this machine

The test split is read when it is asked for, with --test or --push: everything is chosen on valid.
"""

import argparse
import dataclasses
import sys
from pathlib import Path

import torch
from accelerate import Accelerator

from emotion.memory import keep_freed
from emotion.types import EmotionError
from train import data, published, push
from train.errors import TrainError
from train.finish import Run, finish
from train.loop import stopped
from train.network import LEARNED_BEFORE
from train.recipes import RECIPES, Recipe
from train.teach import School

INTERRUPTED = 130  # what shells report for Ctrl-C


def main(argv: list[str] | None = None) -> int:
    """The command line; the exit status is 0, 1 after one sentence on stderr, or 130 for Ctrl-C."""
    parser = _parser()
    options = parser.parse_args(argv)
    if not options.data and not options.push:
        parser.error("--data is needed, or --push with a finished --out")
    options.out = options.out or Path("runs", options.recipe)
    try:
        _run(options)
    except (EmotionError, TrainError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{stopped(options.out)}", file=sys.stderr)
        return INTERRUPTED
    return 0


def _run(options: argparse.Namespace) -> None:
    # Before hours of training, not after: a name or token that won't do.
    if options.push and not options.dry_run:
        push.check(options.push, create_pr=options.create_pr)
    if options.data:
        _train(options)
    if options.push:
        print(_push(options))


def _train(options: argparse.Namespace) -> None:
    keep_freed()
    recipe = _recipe(options)
    accelerator = Accelerator(
        mixed_precision=options.precision or _precision(),
        log_with="tensorboard",
        project_dir=options.out,
    )
    accelerator.init_trackers("log")
    splits = data.load(options.data, options.ferplus, options.labels, accelerator.print)
    others = (split for name, split in splits.items() if name != "train")
    train = data.drop_twins(splits["train"], *others)
    dropped = len(splits["train"]) - len(train)
    if accelerator.is_main_process:
        print(data.report(splits))
        if dropped:
            print(f"{dropped} images dropped from train: they stand in valid or test as well")
    school = School(train, splits["valid"], options.seed, accelerator)
    school.fit(recipe, options.out, resume=options.resume)
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
        )
        finish(run, splits, options.out, test=options.test or bool(options.push))
        print(f"{options.out / 'emotion.onnx'}: ready for EmotionRecognizer(model=...)")


def _recipe(options: argparse.Namespace) -> Recipe:
    recipe = RECIPES[options.recipe]
    weights = options.weights or recipe.weights
    if published.is_published(weights):
        recipe = published.fitted(recipe, Path(weights))
    return dataclasses.replace(recipe, weights=None if weights == "none" else weights)


def _name_of(source: str, splits: dict[str, data.Split]) -> str:
    """What a data set is called where nobody says: FER-2013 is known by its counts."""
    if data.is_fer2013(splits):
        return "FER-2013"
    return Path(source).resolve().name if Path(source).exists() else source


def _precision() -> str:
    """bfloat16 where a GPU has it; on CPUs without its instructions it is eight times slower."""
    return "bf16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "no"


def _push(options: argparse.Namespace) -> str:
    return push.push(
        options.out,
        options.push,
        private=options.private,
        create_pr=options.create_pr,
        dry_run=options.dry_run,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", help="CSV, parquet, folder of images, or OWNER/NAME on the Hub")
    parser.add_argument(
        "--labels", default="", metavar="OURS=THEIRS,…", help="names of labels that are not ours"
    )
    parser.add_argument("--ferplus", type=Path, help="FER+'s fer2013new.csv, beside a CSV")
    parser.add_argument("--recipe", choices=RECIPES, default="lite0", help="default: lite0")
    names = ", ".join(LEARNED_BEFORE)
    parser.add_argument("--weights", help=f"{names}, none or a file: not the recipe's")
    parser.add_argument("--out", type=Path, help="folder of the run; default: runs/RECIPE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from last.pt of --out")
    parser.add_argument("--precision", choices=("no", "bf16", "fp16"), help="default: by the GPU")
    parser.add_argument("--version", default="0.1.0", help="of the model; default: 0.1.0")
    parser.add_argument("--licence", help="of the model, as the Hub writes it: mit, cc-by-4.0, …")
    parser.add_argument("--data-name", help="of the data set, for the card")
    parser.add_argument("--test", action="store_true", help="measure on test as well, for the card")
    parser.add_argument("--push", metavar="OWNER/NAME", help="publish on the Hub; implies --test")
    parser.add_argument("--private", action="store_true", help="a new repository is private")
    parser.add_argument("--create-pr", action="store_true", help="as a pull request")
    parser.add_argument("--dry-run", action="store_true", help="write the folder, upload nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
