"""What bringing a commit's infrastructure back would change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from rollback.contracts import payload
from rollback.errors import Blocked, Unreadable, Usage
from rollback.infrastructure.opentofu import checkout, providers, tree
from rollback.infrastructure.opentofu.checkout import Checkout
from rollback.infrastructure_contracts import Asked, Planned
from rollback.model import Command, InfrastructureChange
from rollback.records import scratch
from rollback.shell import Shell

BACKEND = "backend.tfstate"  # what init noted of the checkout's state, for the script's own init
_PLAN = ("plan", "-input=false", "-no-color", "-lock=false", "-detailed-exitcode")
_HASH = '"$@" | { sha256sum 2>/dev/null || shasum -a 256; }'
_REASONS = {
    "delete_because_no_resource_config": "the release does not have it",
    "replace_because_cannot_update": "this cannot be changed in place",
    "replace_because_tainted": "it is marked as damaged",
}


class Reading(Struct, frozen=True):
    """One plan of the tool: its document, and the hash of what it shows people."""

    document: dict[str, Any]
    shown: str


def plan(asked: Asked, shell: Shell) -> Planned:
    """Return what would change. Raises Usage, Unreadable, Blocked (wrong-state, ...)."""
    known = checkout.read(asked, shell)
    with scratch.holding(tree.files(known)) as private:
        folder = tree.make(asked, known, private, shell)
        variables = tree.variables(known, private)
        _compare(asked, known, folder, shell, variables)
        values, files = _values(asked, known, folder)
        words = [f"-var-file={_absolute(name, asked, known)}" for name in values]
        reading = _read(known, folder, shell, variables, (*words, f"-out={private}/plan"))
    _refuse_new(asked, known, reading)
    return _planned(asked, known, reading, (values, files))


def _planned(
    asked: Asked,
    known: Checkout,
    reading: Reading,
    given: tuple[tuple[str, ...], Mapping[str, bytes]],
) -> Planned:
    values, files = given
    state, workspace = known.state, known.workspace
    arguments = (known.tool.path, asked.commit, known.place, workspace, f"state/{asked.component}")
    return Planned(
        tool=known.tool.word,
        location=f"workspace {workspace} of {asked.settings.directory}",
        identity=state.lineage,
        state=f"serial {state.serial}",
        changes=tuple(changes(asked, known.tool.word, reading.document)),
        drift=tuple(drift(reading.document)),
        source=f"{state.lineage} serial {state.serial} changes {reading.shown}",
        goal=f"{state.lineage} no changes",
        arguments=(*arguments, *values),
        variables=tuple(providers.variables()),
        files={BACKEND: known.backend.encode(), **files},
    )


def _compare(
    asked: Asked, known: Checkout, folder: Path, shell: Shell, variables: Mapping[str, str | None]
) -> None:
    """Reject another state than the checkout's, and one of a newer tool."""
    here = checkout.state(known.tool, folder, shell, variables)
    commit, fix = asked.commit[:12], "roll back without --full, or correct the backend"
    if not known.state.lineage:
        message = f"workspace {known.workspace} of {known.folder} has no state"
        raise Blocked("wrong-state", message, "plan where this infrastructure was applied")
    if here != known.state:
        of = f"serial {here.serial} of {here.lineage}" if here.lineage else "none"
        message = (
            f"release {commit} finds another state than {known.folder}: {of}, "
            f"not serial {known.state.serial} of {known.state.lineage}"
        )
        raise Blocked("wrong-state", message, f"{fix}: a relative path is another file there")
    written = checkout.written_by(known.tool, folder, shell, variables)
    if _numbers(written) > _numbers(known.tool.version):
        message = (
            f"the state was written by version {written}; {known.tool.word} is "
            f"{known.tool.version} here"
        )
        fix = f"install {known.tool.word} {written} or newer, then plan again"
        raise Blocked("tool-older-than-state", message, fix)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version.partition("-")[0])))


def _read(
    known: Checkout,
    folder: Path,
    shell: Shell,
    variables: Mapping[str, str | None],
    words: tuple[str, ...],
) -> Reading:
    checkout.run(known.tool, folder, shell, variables, *_PLAN, *words, ok=(0, 2))
    file = words[-1].removeprefix("-out=")
    text = checkout.run(known.tool, folder, shell, variables, "show", "-json", file).stdout
    show = (known.tool.path, f"-chdir={folder}", "show", "-no-color", file)
    hashing = Command(("bash", "-c", _HASH, "bash", *show), checkout.SECONDS)
    answer = shell.ask(hashing, {**checkout.QUIET, **variables})
    return Reading(_document(text), answer.stdout.split(" ")[0])


def _document(text: str) -> dict[str, Any]:
    try:
        known = json.loads(text)
    except ValueError:
        known = None
    if not isinstance(known, dict):
        raise Unreadable("not-json", "the tool did not print JSON", "check the tool's version")
    return known


# ---- files of values ----------------------------------------------------------------------


def _values(
    asked: Asked, known: Checkout, folder: Path
) -> tuple[tuple[str, ...], dict[str, bytes]]:
    """Return the words for the files of values, and the contents of those that go along.

    One that the release has is its own; any other is the checkout's.
    Raises Usage (variables-missing).
    """
    words, files = [], {}
    for number, name in enumerate(asked.settings.variables):
        if (folder / name).is_file():
            words.append(name)
            continue
        try:
            content = (known.folder / name).read_bytes()
        except OSError:
            message = f"neither the release nor {known.folder} has the file {name}"
            fix = "correct infrastructure: {variables: [...]} in the settings"
            raise Usage("variables-missing", message, fix) from None
        ending = ".tfvars.json" if name.endswith(".json") else ".tfvars"
        files[f"values-{number}{ending}"] = content
        words.append(payload(asked.component, f"values-{number}{ending}"))
    return tuple(words), files


def _absolute(word: str, asked: Asked, known: Checkout) -> str:
    """Return the path of a file of values now; in a run it is one of state/."""
    number = re.fullmatch(rf"state/{re.escape(asked.component)}/values-(\d+)\..*", word)
    return str(known.folder / asked.settings.variables[int(number[1])]) if number else word


# ---- what the document says ---------------------------------------------------------------


def changes(asked: Asked, tool: str, document: Mapping[str, Any]) -> Iterator[InfrastructureChange]:
    """Yield every object that changes; outputs are one object."""
    for row in document.get("resource_changes", ()):
        actions = tuple(row["change"]["actions"])
        if row.get("mode") == "data" or actions in (("no-op",), ("read",)):
            continue
        why = _REASONS.get(row.get("action_reason", ""), "")
        refused = "delete" in actions and providers.is_stateful(
            row["type"], asked.settings.stateful
        )
        yield InfrastructureChange(
            asked.component, tool, _address(row), actions, refused, _why(row, why, refused)
        )
    outputs = document.get("output_changes", {})
    if any(row["actions"] != ["no-op"] for row in outputs.values()):
        yield InfrastructureChange(asked.component, tool, "outputs", ("update",))


def _address(row: Mapping[str, Any]) -> str:
    """Return the address; a left-over of a replacement has the same one as its successor."""
    return f"{row['address']} (left over)" if row.get("deposed") else str(row["address"])


def _why(row: Mapping[str, Any], why: str, refused: bool) -> str:
    if row["change"]["actions"] == ["forget"]:
        return "it stays, but is not managed any more"
    if refused:
        return f"{row['type']} holds data that no apply brings back" + (f"; {why}" if why else "")
    paths = row["change"].get("replace_paths", ())
    names = [".".join(map(str, path)) for path in paths]
    return f"{why}: {', '.join(names)}" if why and names else why


def drift(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the objects that were changed outside of the tool."""
    for row in document.get("resource_drift", ()):
        actions = row["change"]["actions"]
        if actions != ["no-op"]:
            yield f"{row['address']} ({'deleted' if actions == ['delete'] else 'changed'})"


def _refuse_new(asked: Asked, known: Checkout, reading: Reading) -> None:
    """Reject a plan that creates everything: the state is that of something else, or lost."""
    rows = reading.document.get("resource_changes", ())
    kinds = {tuple(row["change"]["actions"]) for row in rows if row.get("mode") != "data"}
    if kinds == {("create",)}:
        message = (
            f"release {asked.commit[:12]} would create everything in workspace {known.workspace} "
            f"of {asked.settings.directory}: this is not the state of that infrastructure"
        )
        fix = "name the environment's workspace and directory in the settings"
        raise Blocked("wrong-state", message, fix)
