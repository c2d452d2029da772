"""What is checked before anything is uploaded: the name, the token, and its rights."""

from typing import Any, Literal

from huggingface_hub import HfApi, get_token
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from publish.calls import PushError, attempt, first_line

RepoType = Literal["model", "space"]


def check_name(repo_id: str) -> None:
    """PushError where it is not OWNER/NAME as the Hub writes it."""
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise PushError(f"{repo_id!r} can't be a name on the Hub: {first_line(error)}") from error
    if "/" not in repo_id:
        raise PushError(f"{repo_id!r} lacks its owner: expected OWNER/NAME")


def find_token() -> str:
    """The token that the Hub's client finds; PushError where there is none."""
    token = get_token()
    if not token:
        raise PushError("there is no token for the Hub: set HF_TOKEN, or run hf auth login")
    return token


def check_rights(api: HfApi, repo_id: str, repo_type: RepoType = "model") -> None:
    """PushError where the token may not write to the repository, whether it exists or not."""
    _check_role(repo_id, attempt(repo_id, api.whoami))
    # Only the Hub knows about an existing repository; a missing one is created later.
    if attempt(repo_id, lambda: api.repo_exists(repo_id, repo_type=repo_type)):
        attempt(repo_id, lambda: api.auth_check(repo_id, repo_type=repo_type, write=True))


def _check_role(repo_id: str, account: dict[str, Any]) -> None:
    """PushError by what whoami says of the token's role and of its owner's organisations."""
    owner = repo_id.partition("/")[0]
    token = account.get("auth", {}).get("accessToken", {})
    if token.get("role") == "read" or (
        token.get("role") == "fineGrained" and not _may_write(token, owner, repo_id)
    ):
        raise PushError(f"the token for the Hub may not write to {repo_id}: make one that may")
    names = [account["name"], *(org["name"] for org in account.get("orgs", []))]
    if owner not in names:
        raise PushError(f"{account['name']} can't write for {owner}, only for {', '.join(names)}")


def _may_write(token: dict[str, Any], owner: str, repo_id: str) -> bool:
    return any(
        "repo.write" in scope["permissions"] and scope["entity"].get("name") in (owner, repo_id)
        for scope in token.get("fineGrained", {}).get("scoped", [])
    )
