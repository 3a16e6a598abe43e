"""The order of the changes: waves one after the other.

Many workloads of a wave change side by side in one step, verified by one list read.
"""

from __future__ import annotations

from collections.abc import Sequence

from rollback.contracts import payload
from rollback.model import Command, Move, Probe, Step, Undo
from rollback.platforms._cluster import typed
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import VARIABLES
from rollback.platforms._cluster.workloads import KINDS
from rollback.platforms.kubernetes import live_templates, patches, rollout_gate
from rollback.platforms.kubernetes.details import Details, after, before, of
from rollback.platforms.kubernetes.live_templates import ALL, FEW, kinds, names, salted_text

Wave = list[Move]


def in_order(moves: Sequence[Move]) -> list[Wave]:
    """Return the waves in order. Without marks all moves are one wave, and all are tried."""
    marked: dict[int, Wave] = {}
    for move in moves:
        marked.setdefault(of(move.target).wave, []).append(move)
    return [marked[wave] for wave in sorted(marked)]


def steps(moves: Sequence[Move]) -> list[Step]:
    waves, ordered = in_order(moves), list[Step]()
    for number, wave in enumerate(waves):
        if len(moves) > FEW:
            ordered.append(_step(number, wave))
        else:
            ordered += [patches.step(move, 2 * number) for move in wave]
        if number + 1 < len(waves):
            title = f"Wait until the pods of wave {number + 1} of {len(waves)} are ready"
            ordered.append(rollout_gate.step(title, number, wave))
    return ordered


def payloads(moves: Sequence[Move]) -> dict[str, bytes]:
    """Return the files of steps and guards; they hold the templates."""
    if len(moves) <= FEW:
        return {name: text for move in moves for name, text in patches.payloads(move).items()}
    files = live_templates.payloads(ALL, moves)
    for number, wave in enumerate(in_order(moves)):
        files |= live_templates.payloads(stem(number), wave) | _of_wave(stem(number), wave)
    return files


def _of_wave(name: str, wave: Wave) -> dict[str, bytes]:
    """Return the workloads of a wave and their patches, a line for each: of 1,000 few files."""
    lines = {
        "workloads": map(_row, wave),
        "patch": (patches.text(patches.forward(move)) for move in wave),
        "undo": (patches.text(patches.reverse(move)) for move in wave),
    }
    return {f"{name}.{what}": "".join(rows).encode() for what, rows in lines.items()}


def gates(moves: Sequence[Move]) -> dict[str, bytes]:
    """Return the files of the waits between waves."""
    waves = in_order(moves)
    if len(waves) == 1:
        return {}
    return {rollout_gate.file(number): rollout_gate.text(wave) for number, wave in enumerate(waves)}


def stem(number: int) -> str:
    """Return the stem of the names of a wave's payloads."""
    return f"wave-{number}"


def _row(move: Move) -> str:
    """Return plural and name as in an API path."""
    details = of(move.target)
    return f"{KINDS[details.kind]} {details.name}\n"


def _step(number: int, wave: Wave) -> Step:
    return Step(
        f"{wave[0].target.component}.{stem(number)}",
        f"Roll {names(wave)} back to the planned revisions",
        _command(number, wave, "patch"),
        _proof(number, wave, live_templates.lines(wave, after)),
        Undo(
            f"Roll {names(wave)} forward to the revisions that were live",
            _command(number, wave, "undo"),
            _proof(number, wave, live_templates.lines(wave, before)),
        ),
        moves=tuple(move.id for move in wave),
        wave=2 * number,
        deadline=60.0 + 2 * len(wave),
        independent=True,
        guarded=True,
    )


def _command(number: int, wave: Wave, which: str) -> Command:
    details, files = of(wave[0].target), payload(wave[0].target.component, stem(number))
    words = ("patch_all", details.context, details.namespace, kinds(wave), files, which)
    by_hand = typed.patches(_location(details), f"{files}.workloads", f"{files}.{which}")
    return Command(words, 60, VARIABLES, by_hand)


def _location(details: Details) -> Location:
    return Location(details.context, details.namespace)


def _proof(number: int, wave: Wave, lines: str) -> Probe:
    salt = of(wave[0].target).salt
    return Probe(live_templates.read(wave, stem(number)), salted_text(salt, lines.strip()), salt)
