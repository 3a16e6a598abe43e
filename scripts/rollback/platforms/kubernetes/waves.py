"""The order of the changes: waves one after the other, and many workloads of a wave side by side in one step, proven by one list read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from rollback.model import Command, Move, Probe, Step, Undo
from rollback.platforms.kubernetes import change
from rollback.platforms.kubernetes.content import printed
from rollback.platforms.kubernetes.kubectl import VARIABLES, kubectl

_SETTLE = 180.0  # seconds for the pods of a wave
# what a finished rollout looks like; `print` because the server leaves out a count of none
_SEEN = "(ge .status.observedGeneration .metadata.generation)"
_FINISHED = {
    "deployment": (
        "spec.replicas",
        "status.updatedReplicas",
        "status.replicas",
        "status.availableReplicas",
    ),
    "statefulset": ("spec.replicas", "status.availableReplicas"),
    "daemonset": (
        "status.desiredNumberScheduled",
        "status.updatedNumberScheduled",
        "status.numberAvailable",
    ),
}

# its controller waits no longer; before it has seen the new template it speaks of the rollout before
_GIVEN_UP = (
    "{{if "
    + _SEEN
    + '}}{{range .status.conditions}}{{if and (eq .type "Progressing") (eq .status "False")}}!{{end}}{{end}}{{end}}'
)
# pods below the partition stay as they are; a template cannot add, but it can join blanks and count them
_PARTITION = "(or .spec.updateStrategy.rollingUpdate.partition 0)"
_MORE = {
    "statefulset": f' (ge (len (printf "%*s%*s" (or .status.updatedReplicas 0) "" {_PARTITION} "")) .spec.replicas)'
}
# no pod is replaced before somebody deletes it: nothing to wait for
_BY_HAND = '{{else if eq .spec.updateStrategy.type "OnDelete"}}.'


def steps(moves: Sequence[Move]) -> list[Step]:
    waves, found = in_order(moves), list[Step]()
    for wave, numbers in enumerate(waves):
        found += (
            [_together(moves, wave)]
            if len(moves) > change.FEW
            else [change.step(number, moves[number], 2 * wave) for number in numbers]
        )
        if wave + 1 < len(waves):
            found.append(_settled(moves, wave))
    return found


def in_order(moves: Sequence[Move]) -> list[list[int]]:
    """Indices of the moves of each wave. Without marks all are one wave: they do not depend on each other, and all are tried."""
    marked: dict[int, list[int]] = {}
    for number, move in enumerate(moves):
        marked.setdefault(move.target.details.get("wave", 0), []).append(number)
    return [marked[wave] for wave in sorted(marked)]


def payloads(moves: Sequence[Move]) -> dict[str, str]:
    """What the steps of many workloads name in state/."""
    waves, found = in_order(moves), dict[str, str]()
    if len(moves) > change.FEW:
        found |= {f"all{name}": text for name, text in _live(moves).items()}
    for wave, numbers in enumerate(waves):
        ours = [moves[number] for number in numbers]
        if len(moves) > change.FEW:
            found |= {f"wave-{wave}{name}": text for name, text in _of_wave(ours).items()}
        if len(waves) > 1:
            found[f"wave-{wave}.settled"] = "".join(_settled_text(ours))
    return found


def _of_wave(ours: Sequence[Move]) -> dict[str, str]:
    """The patches there and back, and what the live templates are when they hold; an entry is a line, which the script takes out by number."""
    ways = [(move, *change.patches(move)) for move in ours]
    return {
        **_live(ours),
        ".objects.jsonpath": change.lines_text(ours, '{.metadata}{"\\t"}{.spec}'),
        ".patch.json": _entries((_key(move), printed(there)) for move, there, _ in ways),
        ".undo.json": _entries((_key(move), printed(back)) for move, _, back in ways),
    }


def _live(ours: Sequence[Move]) -> dict[str, str]:
    return {
        ".jsonpath": change.lines_text(ours),
        ".patch.live.json": _entries(
            (move.target.details["uid"], printed(change.wanted(move))) for move in ours
        ),
        ".undo.live.json": _entries(
            (move.target.details["uid"], printed(change.seen(move))) for move in ours
        ),
    }


def _entries(rows: Iterable[tuple[str, str]]) -> str:
    return "{\n" + ",\n".join(f'"{key}": {text}' for key, text in rows) + "\n}\n"


def _together(moves: Sequence[Move], wave: int) -> Step:
    numbers = tuple(in_order(moves)[wave])
    ours = [moves[number] for number in numbers]
    names = ", ".join(map(_key, ours[:3])) + (f" and {len(ours) - 3} more" if len(ours) > 3 else "")
    do, proof = _patch(ours, wave, "patch"), _proof(ours, wave, "patch")
    do, proof = _patch(ours, wave, "patch"), _proof(ours, wave, "patch")
    undo = Undo(_patch(ours, wave, "undo"), _proof(ours, wave, "undo"))
    title, seconds = f"Roll {names} back to the revisions of the plan", 60.0 + 2 * len(ours)
    return Step(
        f"wave.{wave}",
        title,
        do,
        proof,
        undo,
        "app",
        numbers,
        2 * wave,
        seconds,
        apart=True,
        guarded=True,
    )


def _patch(ours: Sequence[Move], wave: int, which: str) -> Command:
    details = ours[0].target.details
    return Command(
        (
            "patch_all",
            details["context"],
            details["namespace"],
            change.kinds(ours),
            f"state/wave-{wave}",
            which,
        ),
        60,
        VARIABLES,
    )


def _proof(ours: Sequence[Move], wave: int, which: str) -> Probe:
    command, details = change.lines(ours, f"wave-{wave}"), ours[0].target.details
    return Probe(
        command,
        hashlib.sha256((details["salt"] + _lines(ours, which).strip()).encode()).hexdigest(),
        details["salt"],
    )


def _lines(ours: Sequence[Move], which: str) -> str:
    """What lines() prints of a wave that is where `which` leads."""
    return "".join(
        f"{change.line(move, change.wanted(move) if which == 'patch' else change.seen(move))}\n"
        for move in ours
    )


def _settled(moves: Sequence[Move], wave: int) -> Step:
    """The pods of a wave serve before the next one begins. On the way back nothing is waited for: what was left may be what never came up."""
    title = f"Wait until the pods of wave {wave + 1} of {len(in_order(moves))} serve"
    ours = [moves[number] for number in in_order(moves)[wave]]
    details, kinds, file = ours[0].target.details, change.kinds(ours), f"state/wave-{wave}.settled"
    wait = Command(
        ("wait_for_pods", details["context"], details["namespace"], kinds, file), 60, VARIABLES
    )
    proof = Probe(
        kubectl(details, "get", kinds, f"--output=go-template-file={file}"), "." * len(ours)
    )
    return Step(f"wave.{wave}.settled", title, wait, proof, None, "app", (), 2 * wave + 1, _SETTLE)


def _settled_text(moves: Sequence[Move]) -> Iterator[str]:
    """A dot for each workload whose rollout is finished, the name of any other, with ! where that will not change."""
    yield "{{range .items}}"
    for kind, (wanted, *reached) in _FINISHED.items():
        ours = [move for move in moves if move.target.details["kind"] == kind]
        if ours:
            uids = " ".join(f'"{move.target.details["uid"]}"' for move in ours)
            equal = " ".join(
                f"(eq (print .{wanted}) (print .{one}))" for one in reached
            ) + _MORE.get(kind, "")
            by_hand = "" if kind == "deployment" else _BY_HAND
            yield f"{{{{if eq .metadata.uid {uids}}}}}{{{{if not .{wanted}}}}}.{by_hand}{{{{else if and {_SEEN} {equal}}}}}.{{{{else}}}} {kind}/"
            yield "{{.metadata.name}}" + _GIVEN_UP + " {{end}}{{end}}"
    yield "{{end}}"


def _key(move: Move) -> str:
    return f"{move.target.details['kind']}/{move.target.details['name']}"
