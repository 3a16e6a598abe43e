"""Scripts of --no-inline-values: they read templates when they run, and no file holds one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from rollback.contracts import payload
from rollback.model import Command, Guard, Line, Move, Probe, Step, Undo, Verb
from rollback.platforms._cluster import typed
from rollback.platforms._cluster.content import printed
from rollback.platforms._cluster.kubectl import VARIABLES
from rollback.platforms.kubernetes import live_templates, patches, stored_templates, waves
from rollback.platforms.kubernetes.details import after, before, of
from rollback.platforms.kubernetes.live_templates import ALL, FEW, kinds, salted, salted_text
from rollback.platforms.kubernetes.stored_templates import cuts, object_name

OPTION = "no-inline-values"
_VERBS: tuple[Verb, ...] = ("execute", "restore")
_NOTHING = "-"  # an empty field between tabs would not be read as a field


def asked(moves: Sequence[Move]) -> bool:
    return bool(moves) and OPTION in of(moves[0].target).options


def guards(moves: Sequence[Move], live: Guard) -> list[Guard]:
    """Guard the live templates by hashes only, and the revisions that hold the templates."""
    component, many = moves[0].target.component, len(moves) > FEW
    look = _hashed(moves, "hashed_each", ALL)
    if many:
        look = _command(moves, "hashed_template_states", kinds(moves), payload(component, ALL))
    stored = stored_templates.kinds(moves) if many else ""
    held = _command(moves, "revisions_held", stored, payload(component, "revisions"))
    subject = "the revisions that hold the pod templates"
    return [
        replace(live, command=look, salt=""),
        Guard(f"{component}.revisions", subject, held, (Line("held", "held"),)),
    ]


def steps(moves: Sequence[Move], steps: Sequence[Step]) -> list[Step]:
    """Return the same steps, but those that change templates read them when they run."""
    by_id = {move.id: move for move in moves}
    rewritten = []
    for step in steps:
        step_moves = [by_id[id] for id in step.moves]
        if step.undo is None:
            rewritten.append(step)
        elif len(moves) > FEW:
            rewritten.append(_of_wave(step, step_moves))
        else:
            rewritten.append(_of_workload(step, step_moves))
    return rewritten


def payloads(moves: Sequence[Move]) -> dict[str, bytes]:
    """Return names and salted hashes, which the scripts use instead of templates."""
    files = {
        f"revisions.{verb}": _text(object_name(move, verb) for move in moves) for verb in _VERBS
    }
    if len(moves) <= FEW:
        return files
    hashes = [_hash_of_all(moves), *map(_hashes, moves)]
    files[f"{ALL}.hashes"] = _text(
        f"{hash_before} {hash_after}" for hash_before, hash_after in hashes
    )
    files |= live_templates.expressions(ALL, moves)
    for number, wave in enumerate(waves.in_order(moves)):
        name = waves.stem(number)
        files |= live_templates.expressions(name, wave)
        for verb in _VERBS:
            files[f"{name}.{verb}"] = _text("\t".join(_row(move, verb)) for move in wave)
    return files


def _of_workload(step: Step, moves: Sequence[Move]) -> Step:
    (move,) = moves
    return _changed(
        step,
        _hashed(moves, "hashed_whole", ""),
        _hashes(move),
        lambda verb: replace(
            _command(moves, "swap_template", *_row(move, verb)),
            by_hand=typed.undo_to(
                of(move.target), of(move.target).key, stored_templates.release(move, verb).id
            ),
        ),
    )


def _of_wave(step: Step, moves: Sequence[Move]) -> Step:
    component = moves[0].target.component
    name = step.id.removeprefix(f"{component}.")
    words = (kinds(moves), stored_templates.kinds(moves), payload(component, name))
    return _changed(
        step,
        _hashed(moves, "hashed_whole", name),
        _hash_of_all(moves),
        lambda verb: replace(
            _command(moves, "swap_templates", *words, verb),
            by_hand=typed.undo_each(of(moves[0].target), f"{words[-1]}.{verb}"),
        ),
    )


def _changed(
    step: Step, look: Command, hashes: tuple[str, str], swap: Callable[[Verb], Command]
) -> Step:
    assert step.undo is not None
    hash_before, hash_after = hashes
    undo = Undo(step.undo.title, swap("restore"), Probe(look, hash_before))
    return replace(step, do=swap("execute"), proof=Probe(look, hash_after), undo=undo)


def _row(move: Move, verb: Verb) -> tuple[str, ...]:
    """Return one swap.

    Fields: workload, its uid, the revision to read, hash before, hash after, change-cause,
    text to cut out of the revision.
    """
    hash_before, hash_after = _hashes(move) if verb == "execute" else _hashes(move)[::-1]
    patch = patches.forward(move) if verb == "execute" else patches.reverse(move)
    causes = [printed(change["value"]) for change in patch if change["op"] == "add"]
    return (
        of(move.target).key,
        of(move.target).uid,
        object_name(move, verb),
        hash_before,
        hash_after,
        causes[0] if causes else _NOTHING,
        " ".join(cuts(move, verb) or ()) or _NOTHING,
    )


def _hashes(move: Move) -> tuple[str, str]:
    """Return salted hashes of the live template and of the target template."""
    details = of(move.target)
    return salted(details, before(move)), salted(details, after(move))


def _hash_of_all(moves: Sequence[Move]) -> tuple[str, str]:
    """Return salted hashes of all live templates together, and of all target templates."""
    salt = of(moves[0].target).salt
    hash_before = salted_text(salt, live_templates.lines(moves, before).strip())
    return hash_before, salted_text(salt, live_templates.lines(moves, after).strip())


def _hashed(moves: Sequence[Move], function: str, name: str) -> Command:
    """Return a command that prints live_templates.read() as salted hashes."""
    read = live_templates.read(moves, name)
    words = read.argv[read.argv.index("get") :]
    return replace(_command(moves, function, *words), timeout=read.timeout)


def _command(moves: Sequence[Move], function: str, *words: str) -> Command:
    details = of(moves[0].target)
    argv = (function, details.context, details.namespace, details.salt, *words)
    return Command(argv, 60, VARIABLES)


def _text(rows: Iterable[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()
