"""The files of a commit in a private folder, initialised where the checkout keeps its state."""

from __future__ import annotations

from pathlib import Path

from rollback.errors import Blocked, Unreadable
from rollback.infrastructure.opentofu import checkout
from rollback.infrastructure.opentofu.checkout import Checkout
from rollback.infrastructure_contracts import Asked
from rollback.model import Command
from rollback.settings.project import git
from rollback.shell import Shell, last_line

# neither hooks nor helpers of the project are run, and no variable leads to another repository
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_ELSEWHERE = dict.fromkeys(("GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_COMMON_DIR"))


def files(known: Checkout) -> dict[str, str]:
    """Return what the private folder begins with: what init noted of the checkout's state."""
    return {"data/terraform.tfstate": known.backend} if known.backend else {"data/.keep": ""}


def make(asked: Asked, known: Checkout, private: Path, shell: Shell) -> Path:
    """Return the folder of the commit in which the tool is run, initialised.

    Raises Unreadable (git-unreadable), Blocked (infrastructure-directory), what init's words mean.
    """
    _git(asked, private, shell, "read-tree", asked.commit)
    _git(asked, private, shell, "checkout-index", "--all", f"--prefix={private}/tree/")
    folder = private / "tree" / known.place
    if not folder.is_dir():
        message = f"release {asked.commit[:12]} has no folder {asked.settings.directory}"
        fix = "the release knows nothing of this infrastructure: roll back without --full"
        raise Blocked("infrastructure-directory", message, fix)
    words = ("init", "-input=false", "-no-color", "-lockfile=readonly")
    checkout.run(known.tool, folder, shell, variables(known, private), *words)
    return folder


def _git(asked: Asked, private: Path, shell: Shell, *words: str) -> None:
    root = (git(asked.project, "rev-parse", "--show-toplevel") or ".").strip()
    command = Command((*_GIT, "-C", root, *words), checkout.SECONDS)
    answer = shell.ask(command, {**_ELSEWHERE, "GIT_INDEX_FILE": f"{private}/index"})
    if answer.status:
        message = f"git {words[0]} {asked.commit[:12]}: {last_line(answer.stderr)}"
        raise Unreadable("git-unreadable", message, "fetch that commit, then plan again")


def variables(known: Checkout, private: Path) -> dict[str, str | None]:
    return {"TF_DATA_DIR": f"{private}/data", "TF_WORKSPACE": known.workspace}
