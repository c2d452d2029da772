"""Runs on a Ray cluster of two nodes; a worker, a node and the run itself are killed half-way."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Found = TypeVar("Found")

ROOT = Path(__file__).parents[2]

# Bytes, the least that Ray takes: machines that test may have little shared memory.
STORE = 80 * 2**20

IMAGES, PART_SIZE = 60, 3

# Without a token of ours Ray would keep one in the user's own folder.
TOKEN = secrets.token_hex(32)
ENVIRONMENT = os.environ | {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": TOKEN,
    # Seconds until a node that has died as it started is noticed.
    "RAY_raylet_start_wait_time_s": "60",
}


def until(found: Callable[[], Found], what: str) -> Found:
    # The time-out of a test that goes wrong, on a machine that does much else.
    end = time.monotonic() + 800
    while not (result := found()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)
    return result


# A head and another node, one core each, until stdin is closed. In a process of its own: Ray reads
# the environment once.
CLUSTER = """
import sys
from ray.cluster_utils import Cluster
options = {"object_store_memory": int(sys.argv[2])}
head = {"include_dashboard": False, "temp_dir": sys.argv[1]}
cluster = Cluster(initialize_head=True, head_node_args=options | head)
nodes = [cluster.head_node, cluster.add_node(**options)]
print(cluster.address, *[node.all_processes["raylet"][0].process.pid for node in nodes], flush=True)
sys.stdin.read()
cluster.shutdown()
"""


class Cluster(NamedTuple):
    address: str
    nodes: list[psutil.Process]  # the parent of all that a node does


def workers(node: psutil.Process) -> list[psutil.Process]:
    found = []
    for process in node.children():
        with suppress(psutil.NoSuchProcess):  # it has just ended
            found += [process] if process.name().startswith("ray::Map") else []
    return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # Not pytest's folder: the paths of sockets have 107 bytes.
    folder = tempfile.mkdtemp(prefix="ray-")
    command = [sys.executable, "-c", CLUSTER, folder, str(STORE)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=ENVIRONMENT, text=True, **pipes) as process:
        address, *nodes = process.stdout.readline().split()
        yield Cluster(address, [psutil.Process(int(node)) for node in nodes])
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, astronaut: Path) -> Path:
    """Some seconds' work, with two files that can't be read."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(IMAGES - 2):
        (folder / f"{number:02}.jpg").symlink_to(astronaut)
    (folder / "text.jpg").write_text("no picture")
    (folder / "empty.jpg").touch()
    return folder


@pytest.fixture
def start(tiny_model: Path, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    def begin(*arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "emotion.bulk", *map(str, arguments)]
        with (tmp_path / "stderr.txt").open("a") as stderr:
            return subprocess.Popen(
                [*command, "--model", str(tiny_model), "--detector", "mtcnn"],
                cwd=ROOT,
                env=ENVIRONMENT,
                text=True,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )

    return begin


def parts(out: Path) -> list[Path]:
    return sorted(out.glob("part-*.parquet"))


def check_output(out: Path, pictures: Path) -> None:
    """Every image once, with its one face or its error, and no other file."""
    rows = pq.read_table(out).to_pylist()
    assert sorted(row["path"] for row in rows) == sorted(map(str, pictures.iterdir()))
    errors = {Path(row["path"]).name: row["error"] for row in rows if row["error"]}
    assert errors == {
        "empty.jpg": "the image is empty",
        "text.jpg": "the image is not an image of a kind that can be read",
    }
    assert [row["face"] for row in rows].count(1) == IMAGES - 2
    assert sorted(path.name for path in out.iterdir()) == [
        "_plan.parquet",
        *(f"part-{number:06}.parquet" for number in range(IMAGES // PART_SIZE)),
    ]


def test_a_run_that_is_killed_goes_on_where_it_was(
    cluster: Cluster, pictures: Path, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = [pictures, "--out", out, "--part-size", PART_SIZE, "--address", cluster.address]
    first = start(*arguments)
    until(lambda: len(parts(out)) >= 4, "four parts")
    first.kill()
    first.communicate()
    # What its workers had begun may be finished yet.
    until(lambda: not any(map(workers, cluster.nodes)), "the end of its workers")
    done = {path: path.stat().st_mtime_ns for path in parts(out)}
    assert 4 <= len(done) < IMAGES // PART_SIZE

    second = start(*arguments)
    said, _ = second.communicate()
    assert second.returncode == 0, (tmp_path / "stderr.txt").read_text()
    check_output(out, pictures)
    assert done == {path: path.stat().st_mtime_ns for path in done}
    assert said == f"all of 20 parts are in {out}\n"


def test_a_worker_and_a_node_are_lost(
    cluster: Cluster, pictures: Path, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = [pictures, "--out", out, "--part-size", PART_SIZE, "--address", cluster.address]
    first = start(*arguments)
    until(lambda: all(map(workers, cluster.nodes)), "a worker on each node")
    until(lambda: parts(out), "the first part")
    # Nothing moves while both are lost, however busy the machine is.
    found = [worker for node in cluster.nodes for worker in workers(node)]
    for worker in found:
        worker.suspend()
    assert len(parts(out)) < IMAGES // PART_SIZE
    found[0].kill()
    node = cluster.nodes[1]
    for process in [*node.children(recursive=True), node]:
        process.kill()
    first.communicate()
    again = start(*arguments)
    again.communicate()
    assert again.returncode == 0, (tmp_path / "stderr.txt").read_text()
    check_output(out, pictures)


@pytest.fixture
def short_folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        yield folder


def test_a_ray_of_its_own(
    start: Callable[..., subprocess.Popen[str]],
    pictures: Path,
    tmp_path: Path,
    short_folder: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "RAY_TMPDIR", short_folder)
    out = tmp_path / "out"
    said, _ = start(pictures, "--out", out, "--part-size", PART_SIZE, "--cores", 1).communicate()
    assert said == f"all of 20 parts are in {out}\n", (tmp_path / "stderr.txt").read_text()
    check_output(out, pictures)


def test_the_recipe_for_tables_in_the_docs(
    astronaut: Path, tmp_path: Path, short_folder: str
) -> None:
    (tmp_path / "tables").mkdir()
    cells = [{"bytes": astronaut.read_bytes(), "path": "a.jpg"}, {"bytes": b"", "path": "b.jpg"}]
    pq.write_table(pa.table({"image": cells}), tmp_path / "tables" / "1.parquet")
    _, _, rest = (ROOT / "docs" / "bulk.md").read_text().partition("```python\n")
    recipe, _, _ = rest.partition("```")
    environment = ENVIRONMENT | {"RAY_TMPDIR": short_folder, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", recipe], cwd=tmp_path, env=environment, check=True)
    rows = pq.read_table(tmp_path / "scores").to_pylist()
    assert [(row["image"], row["label"]) for row in rows] == [("a.jpg", "happy")]
