"""The commands of train/jobs.md, run as printed against stand-ins for the programs."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from train import __main__ as command

# What pip, python and the others are replaced by: notes its arguments; hf starts the job's command.
STAND_IN = f"""#!{sys.executable}
import json, os, subprocess, sys
with open(os.environ["NOTED"], "a") as file:
    print(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]), file=file)
if sys.argv[1:3] == ["jobs", "run"]:
    script = sys.argv[-1].replace("/code /tmp/code", ". ../copy").replace("/tmp/code", "../copy")
    sys.exit(subprocess.run(["bash", "-euc", script]).returncode)
"""
PROGRAMS = ("pip", "python", "accelerate", "hf", "tensorboard")
JOBS = (ROOT / "train" / "jobs.md").read_text()
BLOCKS = re.findall(r"```shell\n(.*?)```", JOBS, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_starts_what_it_says(block: str, tmp_path: Path) -> None:
    programs, log = tmp_path / "bin", tmp_path / "noted"
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(stat.S_IRWXU)
    env = os.environ | {"PATH": f"{programs}:/usr/bin:/bin", "NOTED": str(log)}
    (tmp_path / "clone").mkdir()
    subprocess.run(["bash", "-euc", block], cwd=tmp_path / "clone", env=env, check=True)
    for program, *words in map(json.loads, log.read_text().splitlines()):
        if program == "pip":
            assert words[-1] == ".[train]"
        elif program in ("python", "accelerate"):
            module, *arguments = words[words.index("-m") + 1 :]
            assert module == "train"
            command._parser().parse_args(arguments)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.startswith("hf jobs run")])
def test_the_hub_s_client_takes_the_job(block: str, tmp_path: Path) -> None:
    asked = block.replace("hf jobs run", "hf jobs run --dry-run")
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    env = os.environ | {"HF_TOKEN": "hf_none", "PATH": path}
    done = subprocess.run(
        ["bash", "-euc", asked], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for part in ("python:3.12", ".:/code", "HF_TOKEN", "-m train"):
        assert part in done.stdout
