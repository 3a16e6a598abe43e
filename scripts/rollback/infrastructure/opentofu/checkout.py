"""The checkout as it is: which program, which workspace, which state."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from rollback.errors import Blocked, Unreadable, Usage
from rollback.infrastructure.opentofu import problems
from rollback.infrastructure_contracts import Asked
from rollback.model import Command
from rollback.settings.project import git
from rollback.shell import Answer, Shell

PROGRAMS = {"opentofu": "tofu", "terraform": "terraform"}  # word of the settings -> program
SECONDS = 600
# what keeps the tool from asking questions and from looking for newer versions of itself
QUIET = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}


class Tool(Struct, frozen=True):
    """`word` as in the settings."""

    word: str
    path: str
    version: str


class State(Struct, frozen=True):
    lineage: str
    serial: int


class Checkout(Struct, frozen=True):
    """`backend` is what init noted of where the state is; it may hold secrets.

    `place` is the folder below the root of the repository.
    """

    tool: Tool
    folder: Path
    place: str
    workspace: str
    state: State
    backend: str


def read(asked: Asked, shell: Shell) -> Checkout:
    """Read the checkout. Raises Usage, Unreadable, Blocked."""
    folder = _folder(asked)
    backend = _backend(folder)
    tools = _tools(asked, shell)
    workspace = _workspace(asked, tools[0], folder, shell)
    tool = tools[0] if len(tools) == 1 else _last_used(tools, folder, workspace, shell)
    found = state(tool, folder, shell, {"TF_WORKSPACE": workspace})
    return Checkout(tool, folder, _place(asked, folder), workspace, found, backend)


def state(tool: Tool, folder: Path, shell: Shell, variables: Mapping[str, str | None]) -> State:
    """Return which state it is, and its serial number. Raises Blocked (wrong-state)."""
    answer = run(tool, folder, shell, variables, "state", "pull")
    try:
        known = json.loads(answer.stdout or "{}")
        return State(known.get("lineage", ""), int(known.get("serial", 0)))
    except (ValueError, AttributeError):
        raise problems.of(answer.stdout, f"{tool.word} state pull in {folder}") from None


def written_by(tool: Tool, folder: Path, shell: Shell, variables: Mapping[str, str | None]) -> str:
    """Return the version that wrote the state; `state pull` would say its own."""
    text = run(tool, folder, shell, variables, "show", "-json").stdout
    try:
        return str(json.loads(text).get("terraform_version", ""))
    except (ValueError, AttributeError):
        return ""


def run(
    tool: Tool,
    folder: Path,
    shell: Shell,
    variables: Mapping[str, str | None],
    *words: str,
    ok: tuple[int, ...] = (0,),
) -> Answer:
    """Run the tool in a folder. Raises what the tool's words mean."""
    command = Command((tool.path, f"-chdir={folder}", *words), SECONDS)
    answer = shell.ask(command, {**QUIET, **variables})
    if answer.status not in ok:
        doing = f"{tool.word} {' '.join(words[:2] if words[0] == 'state' else words[:1])}"
        raise problems.of(answer.stderr or answer.stdout, f"{doing} in {folder}")
    return answer


def _folder(asked: Asked) -> Path:
    folder = (asked.project / asked.settings.directory).resolve()
    if not folder.is_dir() or not folder.is_relative_to(asked.project.resolve()):
        message = f"{asked.settings.directory} is not a folder of {asked.project}"
        fix = "correct infrastructure: {directory: ...} in the settings"
        raise Usage("infrastructure-directory", message, fix)
    return folder


def _place(asked: Asked, folder: Path) -> str:
    root = (git(asked.project, "rev-parse", "--show-toplevel") or "").strip()
    return str(folder.relative_to(Path(root).resolve() if root else asked.project.resolve()))


def _backend(folder: Path) -> str:
    place = folder / os.environ.get("TF_DATA_DIR", ".terraform") / "terraform.tfstate"
    try:
        return place.read_text()
    except OSError:
        return ""


# ---- which program ------------------------------------------------------------------------


def _tools(asked: Asked, shell: Shell) -> list[Tool]:
    """Return the program of the settings, else those that are here.

    Raises Unreadable (tool-missing).
    """
    wanted = [asked.settings.tool] if asked.settings.tool else list(PROGRAMS)
    paths = {word: path for word in wanted if (path := shutil.which(PROGRAMS[word]))}
    if not paths:
        names = " and ".join(PROGRAMS[word] for word in wanted)
        fix = "install it, or run this where it is installed"
        raise Unreadable("tool-missing", f"{names} {_is(wanted)} not on PATH", fix)
    return [Tool(word, path, _version(path, shell)) for word, path in paths.items()]


def _last_used(known: Sequence[Tool], folder: Path, workspace: str, shell: Shell) -> Tool:
    """Return the tool whose registry the lock file names, or whose version wrote the state.

    Each reads the other's state, but not its plans, and every apply makes the state its own.
    Raises Usage (which-tool).
    """
    used = set(_used(folder))
    if not used:
        by = written_by(known[0], folder, shell, {"TF_WORKSPACE": workspace})
        used = {tool.word for tool in known if tool.version == by}
        used = used if by else {known[0].word}  # without a state either will do
    if len(used) == 1:
        return next(tool for tool in known if tool.word in used)
    message = f"{folder}: both tofu and terraform are here, and nothing tells which is used for it"
    raise Usage("which-tool", message, "name it: infrastructure: {tool: ...} in the settings")


def _is(words: list[str]) -> str:
    return "is" if len(words) == 1 else "are"


def _version(path: str, shell: Shell) -> str:
    known = shell.json(Command((path, "version", "-json")))
    return str(known.get("terraform_version", "")) if isinstance(known, dict) else ""


def _used(folder: Path) -> Iterator[str]:
    """Yield the tools whose registry the lock file names."""
    try:
        text = (folder / ".terraform.lock.hcl").read_text()
    except OSError:
        return
    if "registry.opentofu.org/" in text:
        yield "opentofu"
    if "registry.terraform.io/" in text:
        yield "terraform"


# ---- which workspace ----------------------------------------------------------------------


def _workspace(asked: Asked, tool: Tool, folder: Path, shell: Shell) -> str:
    """Return the environment's workspace; git does not know which one is selected.

    Raises Blocked (wrong-state), Usage (which-workspace).
    """
    listed = run(tool, folder, shell, {"TF_WORKSPACE": None}, "workspace", "list").stdout
    names = re.findall(r"^[* ] (\S+)$", listed, re.MULTILINE)
    wanted = asked.settings.workspace
    if wanted and wanted not in names:
        message = f"{folder} has no workspace {wanted} (it has {', '.join(names)})"
        fix = "correct infrastructure: {workspace: ...} in the settings"
        raise Blocked("wrong-state", message, fix)
    if not wanted and len(names) != 1:
        message = f"{folder} has several workspaces: {', '.join(names)}"
        fix = "name that of this environment: infrastructure: {workspace: ...} in the settings"
        raise Usage("which-workspace", message, fix)
    return wanted or names[0]
