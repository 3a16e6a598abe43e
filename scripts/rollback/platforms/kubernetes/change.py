"""The change itself: a JSON patch that the API server refuses when the template is not the one that was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rollback.model import Command, Guard, Move, Probe, Release, Step, Target, Undo
from rollback.platforms.kubernetes.connection import identity_command
from rollback.platforms.kubernetes.content import printed, salted_line
from rollback.platforms.kubernetes.kubectl import VARIABLES, kubectl
from rollback.platforms.kubernetes.revisions import CAUSE
from rollback.platforms.kubernetes.workloads import KINDS, part

FEW = 4  # workloads: up to here each is a step of its own
ANNOTATION = "/metadata/annotations/" + CAUSE.replace("/", "~1")


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """One move for each workload whose content differs."""
    if "parts" not in to.facts:
        return [Move(target, current, to)]
    found = []
    for app, one in to.facts["parts"].items():
        now = current.facts["parts"][app]
        if now.artifact != one.artifact:
            own = part(target, now.facts["workload"], app)
            found.append(
                Move(
                    msgspec.structs.replace(own, details={**own.details, "link": to.facts["link"]}),
                    now,
                    one,
                )
            )
    return found


def guards(moves: Sequence[Move]) -> list[Guard]:
    """The cluster first; then one read for all workloads, a line for each."""
    if not moves:
        return []
    details, (name, uid) = moves[0].target.details, moves[0].target.details["identity"]
    cluster = Guard(
        f"the cluster of context {details['context'] or '(none)'} (uid of namespace {name})",
        identity_command(details),
        (uid,),
        (uid,),
    )
    return [cluster, _places(moves) if len(moves) > FEW else _templates(moves)]


def _templates(moves: Sequence[Move]) -> Guard:
    current = tuple(salted_line(move.target.details, seen(move)) for move in moves)
    to = tuple(salted_line(move.target.details, wanted(move)) for move in moves)
    return Guard(
        "the live templates",
        lines(moves, "all"),
        current,
        to,
        tuple(range(len(moves))),
        moves[0].target.details["salt"],
    )


def _places(moves: Sequence[Move]) -> Guard:
    """The script itself compares many templates with what lies in state/: a hash for each would take longer than reading them."""
    details, count = moves[0].target.details, len(moves)
    command = Command(
        ("places", details["context"], details["namespace"], kinds(moves), "state/all"),
        120,
        VARIABLES,
    )
    return Guard(
        "the live templates",
        command,
        ("as planned",) * count,
        ("there",) * count,
        tuple(range(count)),
    )


def payloads(move: Move) -> dict[str, str]:
    """The patch and its reverse, as files of state/."""
    there, back = patches(move)
    return {f"{stem(move)}.patch.json": _text(there), f"{stem(move)}.undo.json": _text(back)}


def patches(move: Move) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    there = patch(move, seen(move), wanted(move), _cause(move.to, move.current))
    return there, patch(move, wanted(move), seen(move), _cause(move.current, move.to))


def patch(move: Move, before: Any, after: Any, cause: str) -> list[dict[str, Any]]:
    """Scaling or an annotation in between does no harm; another template, or another object of this name, is refused by the server."""
    annotated = move.current.facts["workload"].meta.get("annotations")
    return [
        {"op": "test", "path": "/metadata/uid", "value": move.target.details["uid"]},
        {"op": "test", "path": "/spec/template", "value": before},
        {"op": "replace", "path": "/spec/template", "value": after},
        *([{"op": "add", "path": ANNOTATION, "value": cause}] if annotated else []),
    ]


def seen(move: Move) -> dict[str, Any]:
    return move.current.facts["workload"].template  # type: ignore[no-any-return]


def wanted(move: Move) -> dict[str, Any]:
    return move.to.facts["revision"].template  # type: ignore[no-any-return]


def stem(move: Move) -> str:
    return f"{move.target.details['kind']}.{move.target.details['name']}"


def step(number: int, move: Move, wave: int) -> Step:
    details = move.target.details
    title = f"Roll {details['kind']}/{details['name']} back from revision {_named(move.current)} to {_named(move.to)}"
    undo = Undo(_patch_command(move, "undo"), _proof(move, seen(move)))
    do, proof = _patch_command(move, "patch"), _proof(move, wanted(move))
    return Step(
        stem(move), title, do, proof, undo, moves=(number,), wave=wave, deadline=60, guarded=True
    )


def lines(moves: Sequence[Move], name: str) -> Command:
    """Prints a line for each move, whatever order the server lists them in; empty where the object is gone or was made anew.
    `name` of the file in state/ that holds the expression where there are many.
    """
    details = moves[0].target.details
    if len(moves) == 1:
        return _proof(moves[0], {}).command
    expression = (
        f"--output=jsonpath={lines_text(moves)}"
        if len(moves) <= FEW
        else f"--output=jsonpath-file=state/{name}.jsonpath"
    )
    return kubectl(details, "get", kinds(moves), expression, timeout=120)


def lines_text(moves: Sequence[Move], fields: str = "{.metadata.uid} {.spec.template}") -> str:
    return "".join(
        f'{{range .items[?(@.metadata.uid=="{move.target.details["uid"]}")]}}{fields}{{end}}{{"\\n"}}'
        for move in moves
    )


def line(move: Move, template: Mapping[str, Any]) -> str:
    return f"{move.target.details['uid']} {printed(template)}"


def kinds(moves: Sequence[Move]) -> str:
    return ",".join(dict.fromkeys(KINDS[move.target.details["kind"]] for move in moves))


def _patch_command(move: Move, which: str) -> Command:
    details = move.target.details
    what = (
        details["context"],
        details["namespace"],
        details["kind"],
        details["name"],
        f"state/{stem(move)}.{which}.json",
        details["salt"],
    )
    return Command(("patch_template", *what), 60, VARIABLES)


def _proof(move: Move, template: Mapping[str, Any]) -> Probe:
    details = move.target.details
    command = kubectl(
        details,
        "get",
        details["kind"],
        details["name"],
        "--output=jsonpath={.metadata.uid} {.spec.template}",
        timeout=20,
    )
    return Probe(command, salted_line(details, template), details["salt"])


def _named(release: Release) -> str:
    return f"{release.id} ({release.version})" if release.version else release.id


def _cause(to: Release, left: Release) -> str:
    """The original cause stays in front: it may be what links this revision with others. (All annotations together have a limit.)"""
    return f"{to.facts['revision'].cause[:1000]} (back from revision {left.id})".strip()


def _text(value: Any) -> str:
    return printed(value) + "\n"
