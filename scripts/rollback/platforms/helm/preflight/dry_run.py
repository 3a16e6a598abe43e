"""A dry run of the target on the server: missing kinds, immutable fields, admission, rights."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from rollback.model import Command, Finding
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms._cluster.preflight import server_warnings
from rollback.platforms.helm.moves import server_side
from rollback.platforms.helm.preflight.comparison import Comparison
from rollback.shell import Answer, Shell
from rollback.text import clean

# what a person changed may be overwritten (drift reports it); a controller would write it again
_BY_HAND = re.compile(r"kubectl|helm|k9s|lens|node-fetch|rancher|before-first-apply", re.IGNORECASE)
_CONFLICT = re.compile(r'conflicts? with "([^"]+)"(?: with subresource "(\w+)")?')
_SCALE = "scale"  # an autoscaler: Helm sets the number of pods once, and it sets it again
# every server says these in the same words; otherwise a server-side merge can fail where Helm's own
# does not
_CERTAIN = re.compile(
    r"field is immutable|immutable after creation|updates to statefulset spec|can not be less than|"
    r"admission webhook|ValidatingAdmissionPolicy|"
    r"exceeded quota|cannot change roleRef|namespaces \"[^\"]*\" not found"
)
_GONE = re.compile(
    r'no matches for kind "[^"]+" in version "[^"]+"|could not find the requested resource'
)
_NEXT_ERROR = re.compile(
    r"\n(?=Error from server|error: |The \w+ \")|\n(?=resource mapping not found)"
)
_OPTIONS = ("--server-side", "--dry-run=server", "--field-manager=helm")
_FEW = 3


def findings(comparison: Comparison, shell: Shell) -> Iterator[Finding]:
    if not hasattr(os, "memfd_create"):
        message = "the manifest was not tried on the server (this system has no memory files)"
        yield Finding("note", "admission-untested", message)
        return
    as_helm = server_side(comparison.move, comparison.target)
    answer = _ask(comparison, shell, force=not as_helm)
    release = f"revision {comparison.target.number} of {comparison.release}"
    yield from server_warnings.findings(release, server_warnings.of(answer.stderr))
    errors = _errors(answer)
    if as_helm and (managers := _controllers(errors)):
        yield _conflict(comparison, managers)
    for error in list(dict.fromkeys(errors))[:_FEW]:
        if not _CONFLICT.search(error):
            yield _about(comparison, error, as_helm or bool(_CERTAIN.search(error)))


def _ask(comparison: Comparison, shell: Shell, force: bool) -> Answer:
    file = os.memfd_create("manifest")  # it may hold secrets: not on a disk
    try:
        os.write(file, comparison.target.manifest.encode())
        return shell.ask(_apply(comparison, file, force))
    finally:
        os.close(file)


def _errors(answer: Answer) -> list[str]:
    """Return an error for each object that was refused."""
    if not answer.status or "no objects passed to apply" in answer.stderr:
        return []
    return [error for error in _NEXT_ERROR.split(answer.stderr) if _is_error(error)]


def _apply(comparison: Comparison, file: int, force: bool) -> Command:
    forced = ("--force-conflicts",) if force else ()
    name = f"--filename=/proc/{os.getpid()}/fd/{file}"
    options = (*_OPTIONS, *forced, "--output=name", name)
    return kubectl(comparison.location, "apply", *options, timeout=120)


def _is_error(text: str) -> bool:
    return bool(text.strip()) and not text.startswith("Warning:")


def _controllers(errors: Sequence[str]) -> list[str]:
    """Return the field managers that are no person's tool."""
    conflicts = [conflict for error in errors for conflict in _CONFLICT.findall(error)]
    managers = dict.fromkeys(manager for manager, part in conflicts if part != _SCALE)
    return [clean(manager, 40) for manager in managers if not _BY_HAND.match(manager)]


def _conflict(comparison: Comparison, managers: Sequence[str]) -> Finding:
    release, number = comparison.release, comparison.target.number
    message = (
        f"{release}: {', '.join(managers)} also writes fields of revision {number}: both would "
        "fight over them"
    )
    command = f"helm rollback {release} {number} --force-conflicts --wait"
    return Finding("blocker", "conflict", message, f"decide who is right, then by hand: {command}")


def _about(comparison: Comparison, error: str, certain: bool) -> Finding:
    """`certain`: Helm would be refused in the same way."""
    revision = f"revision {comparison.target.number} of {comparison.release}"
    text = clean(error, 200)
    if _GONE.search(error):
        fix = "bring that kind back, or deploy the old version without it"
        message = f"{revision}: the cluster does not serve one of its kinds: {text}"
        return Finding("blocker", "kind-gone", message, fix)
    if "orbidden: User" in error:
        fix = "have an administrator allow it: Helm needs it too"
        return Finding("blocker", "rbac", f"{revision}: {text}", fix)
    if certain:
        message = f"{revision}: the cluster refuses it: {text}"
        return Finding("blocker", "admission-refused", message, "fix the problem named above")
    message = f"{revision}: the dry run was refused: {text}"
    fix = "Helm merges in another way and may succeed"
    return Finding("warning", "admission-doubtful", message, fix)
