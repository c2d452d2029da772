"""What a new process costs: the import, the first result, memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.peers import ROOT
from benchmarks.section import Row, Section
from benchmarks.timing import spread

COMMAND = "from emotion.cli.main import run;sys.argv[1:]=[str(Path(P).parent),"

# What each row's process does after its clock has started.
PROGRAMS = {
    "python alone": "",
    "import emotion": "import emotion",
    "first result, YuNet": "import emotion as e;e.EmotionRecognizer(detector='yunet').recognize(P)",
    "first result, MTCNN": "import emotion as e;e.EmotionRecognizer(detector='mtcnn').recognize(P)",
    "command line, the four pictures, YuNet": f"{COMMAND}'--detector=yunet'];run()",
    "command line, the four pictures, MTCNN": f"{COMMAND}'--detector=mtcnn'];run()",
}

FRAME = """
import json, re, sys, time
from pathlib import Path
P = sys.argv[1]
wall, cpu = time.perf_counter(), time.process_time()
{program}
times = [1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)]
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(json.dumps([*times, int(peak[1]) / 1024]))
"""


def fresh(picture: Path, yunet: Path | None, rounds: int) -> Section:
    """Import and first result in new processes, in turns; files are in the system's cache."""
    names = [name for name in PROGRAMS if yunet or "YuNet" not in name]
    runs: dict[str, list[list[float]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            runs[name].append(_run(PROGRAMS[name], picture, yunet))
    rows = [_row(name, found) for name, found in runs.items()]
    return Section("A new process", "From the interpreter's first line on, in milliseconds.", rows)


def _run(program: str, picture: Path, yunet: Path | None) -> list[float]:
    environment = os.environ | ({"EMOTION_YUNET": str(yunet)} if yunet else {})
    command = [sys.executable, "-c", FRAME.format(program=program), str(picture)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    # The command line prints its own lines before.
    answer: list[float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _row(name: str, runs: list[list[float]]) -> Row:
    wall, cpu, memory = (list(values) for values in zip(*runs, strict=True))
    clock, core = str(spread(wall)), str(spread(cpu))
    return {"process": name, "clock": clock, "CPU": core, "peak MB": round(max(memory))}
