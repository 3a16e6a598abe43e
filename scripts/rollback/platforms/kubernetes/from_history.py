"""With --no-inline-values: the scripts read every template from the cluster when they run, and no file of a run holds one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from rollback.model import Command, Guard, Move, Probe, Step, Undo
from rollback.platforms.kubernetes import change, waves
from rollback.platforms.kubernetes.content import printed, salted_line
from rollback.platforms.kubernetes.holders import EXECUTE, RESTORE, cuts, goal, holder
from rollback.platforms.kubernetes.holders import kinds as holders
from rollback.platforms.kubernetes.kubectl import VARIABLES

OPTION = "no-inline-values"
_NOTHING = "-"  # an empty field between tabs would not be read as one


def asked(moves: Sequence[Move]) -> bool:
    return bool(moves) and OPTION in moves[0].target.details.get("options", ())


def guards(moves: Sequence[Move]) -> list[Guard]:
    """Those of change, but nothing they print tells a value; and what a script goes to must still be remembered."""
    found = change.guards(moves)
    if not asked(moves):
        return found
    many = len(moves) > change.FEW
    live = (
        _command(moves, "hashed_places", change.kinds(moves), "state/all")
        if many
        else _hashed(moves, "all", "each")
    )
    held = _command(moves, "revisions_held", holders(moves) if many else "")
    return [
        found[0],
        replace(found[1], command=live, salt=""),
        Guard("the revisions that hold the templates", held, ("held",), ("held",)),
    ]


def steps(moves: Sequence[Move], steps: Sequence[Step]) -> list[Step]:
    """The same steps, but those that change templates read them when they run."""
    if not asked(moves):
        return list(steps)
    make = _of_wave if len(moves) > change.FEW else _of_one
    return [make(step, [moves[at] for at in step.moves]) if step.undo else step for step in steps]


def payloads(moves: Sequence[Move], files: Mapping[str, str]) -> dict[str, str]:
    """Of the files of state/ those without a template, and what the scripts look up and compare instead: names and salted hashes."""
    kept = {name: text for name, text in files.items() if not name.endswith(".json")}
    kept |= {
        f"revisions.{verb}": _lines(holder(move, verb) for move in moves)
        for verb in (EXECUTE, RESTORE)
    }
    if len(moves) > change.FEW:
        kept["all.hashes"] = _lines(map(" ".join, [_whole(moves), *map(_ends, moves)]))
        for wave, numbers in enumerate(waves.in_order(moves)):
            kept |= {
                f"wave-{wave}.{verb}": _lines("\t".join(_row(moves[at], verb)) for at in numbers)
                for verb in (EXECUTE, RESTORE)
            }
    return kept


def _of_one(step: Step, moves: Sequence[Move]) -> Step:
    (move,) = moves
    look, (seen, there) = _hashed(moves, "", "whole"), _ends(move)
    do, undo = (_command(moves, "swap_template", *_row(move, verb)) for verb in (EXECUTE, RESTORE))
    return replace(step, do=do, proof=Probe(look, there), undo=Undo(undo, Probe(look, seen)))


def _of_wave(step: Step, moves: Sequence[Move]) -> Step:
    name = step.id.replace(".", "-")
    look, (seen, there) = _hashed(moves, name, "whole"), _whole(moves)
    words = ("swap_templates", change.kinds(moves), holders(moves), f"state/{name}")
    do, undo = (_command(moves, *words, verb) for verb in (EXECUTE, RESTORE))
    return replace(step, do=do, proof=Probe(look, there), undo=Undo(undo, Probe(look, seen)))


def _row(move: Move, verb: str) -> tuple[str, ...]:
    """One swap: workload, its uid, the revision to read, hash before and after, the change-cause, what to cut out of the revision."""
    ends = _ends(move) if verb == EXECUTE else reversed(_ends(move))
    patch = change.patches(move)[0 if verb == EXECUTE else 1]
    cause = next((printed(one["value"]) for one in patch if one["op"] == "add"), _NOTHING)
    return (
        _key(move),
        move.target.details["uid"],
        holder(move, verb),
        *ends,
        cause,
        " ".join(cuts(move, verb) or ()) or _NOTHING,
    )


def _ends(move: Move) -> tuple[str, str]:
    """Salted hashes of the template that was seen and of the one to go to."""
    seen, there = (
        salted_line(move.target.details, goal(move, verb)[1]) for verb in (RESTORE, EXECUTE)
    )
    return seen, there


def _whole(moves: Sequence[Move]) -> tuple[str, str]:
    """The same of all of them together."""
    texts = (
        "\n".join(change.line(move, goal(move, verb)[1]) for move in moves)
        for verb in (RESTORE, EXECUTE)
    )
    seen, there = (
        hashlib.sha256((moves[0].target.details["salt"] + text).encode()).hexdigest()
        for text in texts
    )
    return seen, there


def _hashed(moves: Sequence[Move], name: str, how: str) -> Command:
    """What change.lines() prints, by salted hash: `each` line, or the `whole`."""
    read = change.lines(moves, name)
    return replace(
        _command(moves, f"hashed_{how}", *read.argv[read.argv.index("get") :]), timeout=read.timeout
    )


def _command(moves: Sequence[Move], function: str, *words: str) -> Command:
    details = moves[0].target.details
    return Command(
        (function, details["context"], details["namespace"], details["salt"], *words), 60, VARIABLES
    )


def _key(move: Move) -> str:
    return f"{move.target.details['kind']}/{move.target.details['name']}"


def _lines(rows: Iterable[str]) -> str:
    return "".join(f"{row}\n" for row in rows)
