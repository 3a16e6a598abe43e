"""The live pod templates: how a script reads them, and what it compares them with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rollback.contracts import payload
from rollback.model import Command, Guard, Line, Move, Probe
from rollback.platforms._cluster.content import printed
from rollback.platforms._cluster.kubectl import VARIABLES, kubectl
from rollback.platforms._cluster.names import listed
from rollback.platforms._cluster.workloads import KINDS
from rollback.platforms.kubernetes.details import Details, after, before, of

FEW = 4  # workloads: up to here each is a step of its own
ALL = "templates"  # stem of the payloads about all workloads
_FIELDS = "{.metadata.uid} {.spec.template}"


def guard(moves: Sequence[Move]) -> Guard:
    """Guard all workloads by one read, with a line for each."""
    component = moves[0].target.component
    if len(moves) > FEW:
        return _many(moves)
    lines = tuple(
        Line(salted(of(move.target), before(move)), salted(of(move.target), after(move)), move.id)
        for move in moves
    )
    subject = f"the pod templates of {names(moves)}"
    return Guard(f"{component}.templates", subject, read(moves, ALL), lines, _salt(moves))


def read(moves: Sequence[Move], name: str) -> Command:
    """Return a command that prints a line for each move, in their order.

    A line is empty where the object was deleted or recreated.
    `name`: of the payload that holds the expression where there are many moves.
    """
    details = of(moves[0].target)
    if len(moves) == 1:
        output = f"--output=jsonpath={_FIELDS}"
        return kubectl(details, "get", details.kind, details.name, output, timeout=20)
    output = f"--output=jsonpath={expression(moves)}"
    if len(moves) > FEW:
        file = payload(moves[0].target.component, f"{name}.jsonpath")
        output = f"--output=jsonpath-file={file}"
    return kubectl(details, "get", kinds(moves), output, timeout=120)


def expression(moves: Sequence[Move], fields: str = _FIELDS) -> str:
    """Return a jsonpath that prints these fields in the order of the moves."""
    rows = []
    for move in moves:
        item = f'.items[?(@.metadata.uid=="{of(move.target).uid}")]'
        rows.append(f'{{range {item}}}{fields}{{end}}{{"\\n"}}')
    return "".join(rows)


def proof(move: Move, template: Mapping[str, Any]) -> Probe:
    details = of(move.target)
    return Probe(read([move], ""), salted(details, template), details.salt)


def salted(details: Details, template: Mapping[str, Any]) -> str:
    """Return what a script compares instead of the template, which may hold secret values."""
    return salted_text(details.salt, line(details, template))


def salted_text(salt: str, text: str) -> str:
    return hashlib.sha256((salt + text).encode()).hexdigest()


def line(details: Details, template: Mapping[str, Any]) -> str:
    return f"{details.uid} {printed(template)}"


def lines(moves: Iterable[Move], template: Callable[[Move], Mapping[str, Any]]) -> str:
    """Return what read() prints while the workloads have these templates."""
    return "".join(f"{line(of(move.target), template(move))}\n" for move in moves)


def payloads(name: str, moves: Sequence[Move]) -> dict[str, bytes]:
    """Return the expression of read(), and what it prints before and after the change."""
    return {
        **expressions(name, moves),
        f"{name}.before": lines(moves, before).encode(),
        f"{name}.after": lines(moves, after).encode(),
    }


def expressions(name: str, moves: Sequence[Move]) -> dict[str, bytes]:
    return {f"{name}.jsonpath": expression(moves).encode()}


def kinds(moves: Sequence[Move]) -> str:
    return ",".join(dict.fromkeys(KINDS[of(move.target).kind] for move in moves))


def names(moves: Sequence[Move]) -> str:
    return listed([of(move.target).key for move in moves])


def _many(moves: Sequence[Move]) -> Guard:
    """Guard many workloads: the script compares them with payloads, which is faster than hashes."""
    component, details = moves[0].target.component, of(moves[0].target)
    files = payload(component, ALL)
    words = ("template_states", details.context, details.namespace, kinds(moves), files)
    return Guard(
        f"{component}.templates",
        f"the pod templates of {names(moves)}",
        Command(words, 120, VARIABLES),
        tuple(Line("as planned", "rolled back", move.id) for move in moves),
    )


def _salt(moves: Sequence[Move]) -> str:
    return of(moves[0].target).salt
