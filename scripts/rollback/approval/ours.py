"""What of a tool call concerns us: our two commands, run folders, the skill, approvals.

Standard library only.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from rollback.approval import private

SCRIPTS = Path(__file__).parents[2]
PHRASE = "ROLLBACK PRODUCTION"  # what a person types for every protected environment
RUN = re.compile(r"\.rollback-checkpoint-\d{8}-\d{6}")
_WORD = r"(?:[\w@%+=:,./-]|'[^'\n]*'|\"[^\"$`\\!\n]*\")+"
_CALL = re.compile(rf"\s*python3[ \t]+({_WORD})[ \t]+({_WORD})\s*", re.ASCII)
_OURS = re.compile(
    r"(execute|restore|approve)\.py|(rollback|restore)\.sh|question\.(execute|restore)\.txt"
    r"|ROLLBACK_NONCE|deployment-rollback/[0-9a-f]{16}"
)
_SCRIPT = re.compile(r"[\w-]\.sh\b")  # runner.sh, lease.sh: ours if a run folder is named beside it


def call(command: str, directory: Path) -> tuple[str, Path] | None:
    """Return verb and run folder if the command is just `python3 SCRIPT RUN` of our scripts."""
    words = _CALL.fullmatch(command)
    if words is None:
        return None
    script, run = (
        Path(os.path.normpath(directory / "".join(shlex.split(word)))) for word in words.groups()
    )
    is_ours = os.path.realpath(script.parent) == os.path.realpath(SCRIPTS)
    return (script.stem, run) if is_ours and script.name in ("execute.py", "restore.py") else None


def named_in(command: str, directory: Path) -> bool:
    """Whether a command names one of our scripts, or approvals."""
    unquoted = re.sub(r"[\"'\\]", "", command)
    if _OURS.search(unquoted) or _OURS.search(command) or str(_state()) in unquoted:
        return True
    in_run_folder = ".rollback-checkpoint-" in f"{directory} {unquoted}"
    return in_run_folder and bool(_SCRIPT.search(unquoted))


def refusal(directory: Path, path: str, reads: bool) -> str | None:
    """Return why a tool may not touch this file.

    The client may read run folders and the skill but not edit them; approvals are closed to it.
    """
    if not path:
        return None
    real = os.path.realpath(directory / path)
    if real.startswith(_inside(_state())):
        return "an agent may neither read nor write approvals"
    if reads or not (
        RUN.search(path) or RUN.search(real) or real.startswith(_inside(SCRIPTS.parent))
    ):
        return None
    return "do not edit run folders or the skill itself during a rollback; plan again instead"


def exact_form() -> str:
    form = f"python3 {shlex.quote(str(SCRIPTS / 'execute.py'))} RUN-FOLDER"
    return (
        f"only this exact form runs, alone in its command: {form} (or restore.py). "
        "To read a file use the Read tool"
    )


def _state() -> Path:
    return private.state_folder(Path()).parent


def _inside(folder: Path) -> str:
    return os.path.realpath(folder) + os.sep
