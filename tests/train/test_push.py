"""Pushes over real HTTP to the stand-in Hub: what arrives, what is refused, what is tried again."""

import json
import re
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard

from emotion.classify import EmotionClassifier
from emotion.types import LABELS
from publish.calls import WAITS, PushError
from tests.hub_stand_in import HubStandIn
from tests.train.finished import finished, measured, metrics
from train import checkpoint
from train.network import build
from train.push import NEEDED, check, push
from train.recipes import Recipe, to_json

# The Hub's client hands large files to httpx2 in a way that httpx2 is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

PUSHED = {
    "README.md", "config.json", "confusion.png", "emotion.onnx", "metrics.json",
    "model.safetensors", "reliability.png", "roc.png",
}  # fmt: skip


@pytest.fixture
def out(tmp_path: Path, tiny_model: Path) -> Path:
    """A finished --out folder."""
    return finished(tmp_path / "out", tiny_model)


def commits(hub: HubStandIn) -> list[dict[str, bytes]]:
    return [files for there in hub.repositories.values() for files in there.commits]


def test_what_is_pushed_in_one_commit_can_be_used(
    hub: HubStandIn, out: Path, tiny: Recipe, tiny_model: Path
) -> None:
    network = build(tiny)
    checkpoint.save({"network": network.state_dict(), "recipe": to_json(tiny)}, out / "best.pt")
    url = push(out, "owner/name")
    (files,) = commits(hub)
    assert url.startswith(f"{hub.url}/owner/name/commit/")
    assert set(files) == PUSHED
    assert json.loads(files["metrics.json"])["test"] == metrics()["test"]
    assert json.loads(files["config.json"])["labels"] == list(LABELS)
    card = files["README.md"].decode()
    assert ModelCard(card).data.model_name == "name"
    faces = np.random.default_rng(1).integers(0, 256, (3, 48, 48), np.uint8)
    expected = EmotionClassifier(tiny_model).classify(faces)
    assert np.array_equal(EmotionClassifier("owner/name").classify(faces), expected)
    made: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", card, re.DOTALL)[-1], made)
    for name, tensor in network.state_dict().items():
        assert torch.equal(made["network"].state_dict()[name], tensor)


def test_a_second_push_commits_what_changed_or_opens_one_pull_request(
    hub: HubStandIn, out: Path, pauses: list[float]
) -> None:
    push(out, "owner/name")
    push(out, "owner/name")
    assert len(commits(hub)) == 1
    measured(out, metrics() | {"photographs": {}})
    url = push(out, "owner/name", create_pr=True)
    assert url == f"{hub.url}/owner/name/discussions/1"
    assert len(commits(hub)) == 1
    hub.cut("commit", "after")
    with pytest.raises(PushError, match="can't be reached"):
        push(out, "owner/name", create_pr=True)
    pull_requests = hub.repositories["owner/name"].pull_requests
    assert [set(files) for files in pull_requests] == [PUSHED] * 2, "it was not tried again"
    assert pauses == []
    push(out, "owner/name")
    first, second = commits(hub)
    assert {name for name in PUSHED if first[name] != second[name]} == {"README.md", "metrics.json"}


def test_a_dry_run_leaves_the_folder_and_asks_the_hub_nothing(
    hub: HubStandIn, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    for _ in range(2):
        assert push(out, "owner/name", dry_run=True) == str(out / "hub")
        assert {path.name for path in (out / "hub").iterdir()} == PUSHED
    for call in (lambda: check("name"), lambda: push(out, "name", dry_run=True)):
        with pytest.raises(PushError, match="'name'"):
            call()
    for name in NEEDED:
        (out / name).unlink()
    with pytest.raises(PushError) as caught:
        push(out, "owner/name")
    assert str(caught.value) == f"{out} is not finished: it has no {', '.join(NEEDED)}"
    assert hub.requests == []


def scoped(name: str, permission: str) -> dict[str, object]:
    scope = {"entity": {"type": "user", "name": name}, "permissions": [permission]}
    return {"role": "fineGrained", "fineGrained": {"scoped": [scope]}}


@pytest.mark.parametrize(
    ("repo_id", "token", "refusal"),
    [
        ("lab/name", {}, None),
        ("other/name", {}, "owner can't write for other, only for owner, lab"),
        ("owner/name", {"role": "read"}, "may not write to owner/name"),
        ("owner/name", scoped("owner", "repo.write"), None),
        ("owner/name", scoped("owner", "repo.read"), "may not write to owner/name"),
        ("owner/name", scoped("lab", "repo.write"), "may not write to owner/name"),
    ],
)
def test_check_asks_what_the_token_may_and_makes_nothing(
    hub: HubStandIn, repo_id: str, token: dict, refusal: str | None
) -> None:
    hub.account["auth"]["accessToken"] = token
    if refusal is None:
        check(repo_id)
    else:
        with pytest.raises(PushError, match=refusal):
            check(repo_id)
    check(repo_id, create_pr=True)
    assert hub.repositories == {}


def test_a_private_push_is_refused_where_the_repository_is_public(
    hub: HubStandIn, out: Path
) -> None:
    push(out, "owner/hidden", private=True)
    assert hub.repositories["owner/hidden"].private
    push(out, "owner/name")
    with pytest.raises(PushError, match="owner/name is on the Hub already, and public"):
        push(out, "owner/name", private=True)


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "does not accept the token"), (429, "answered 429")],
)
def test_a_refusal_is_one_sentence_and_not_tried_again(
    hub: HubStandIn, out: Path, pauses: list[float], status: int, said: str
) -> None:
    hub.fail("commit", status)
    with pytest.raises(PushError, match=said) as caught:
        push(out, "owner/name")
    assert "\n" not in str(caught.value)
    assert hub.asked("commit") == 1
    assert commits(hub) == []
    assert pauses == []


# A break at any request of a push must leave nothing half done: at the first, in the upload of
# large files, at the last. Before it arrived, or after all was done.
@pytest.mark.parametrize(
    ("request_", "kind"),
    [("repos/create", "after"), ("PUT .*storage", "before"), ("commit", "after")],
)
def test_a_broken_connection(
    hub: HubStandIn, out: Path, pauses: list[float], request_: str, kind: str
) -> None:
    hub.cut(request_, times=1000)
    with pytest.raises(PushError, match=f"the Hub at {hub.url} can't be reached: "):
        push(out, "owner/name")
    assert commits(hub) == []
    hub.faults.clear()
    pauses.clear()
    hub.cut(request_, kind)
    push(out, "owner/name")
    (files,) = commits(hub)
    assert set(files) == PUSHED
    assert len(pauses) == 1


def test_no_hub_at_all(
    hub: HubStandIn, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.shutdown()
    hub.server_close()
    with pytest.raises(PushError, match=f"the Hub at {hub.url} can't be reached"):
        check("owner/name")
    assert pauses == list(WAITS)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PushError, match="HF_HUB_OFFLINE is set"):
        check("owner/name")
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(PushError, match="no token for the Hub: set HF_TOKEN"):
        check("owner/name")
