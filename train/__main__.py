"""python -m train --data DIR --out DIR"""

import argparse
from pathlib import Path

from accelerate import Accelerator

from train import data
from train.loop import fit
from train.recipes import RECIPES


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--recipe", choices=RECIPES, default="lite0")
    parser.add_argument("--out", type=Path, default=Path("runs/lite0"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    accelerator = Accelerator(log_with="tensorboard", project_dir=options.out)
    accelerator.init_trackers("log")
    splits = data.load(options.data)
    train = data.drop_twins(splits["train"], splits["valid"], splits["test"])
    for name, split in splits.items():
        print(name, len(split), split.counts)
    print(f"{len(splits['train']) - len(train)} twins dropped from train")
    best = fit(
        RECIPES[options.recipe],
        train,
        splits["valid"],
        options.out,
        seed=options.seed,
        resume=options.resume,
        accelerator=accelerator,
    )
    print(best)


if __name__ == "__main__":
    main()
