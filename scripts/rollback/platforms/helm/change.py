"""The change itself: `helm rollback`, found and proven by content, with a way back that is found by content, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.contracts import one_move as moves
from rollback.model import Command, Guard, Move, Probe, Release, Step, Undo
from rollback.platforms.helm import way_back
from rollback.platforms.helm.cli import VARIABLES, VERSION
from rollback.platforms.helm.leftovers import added, leftovers
from rollback.platforms.helm.manifest import digest
from rollback.platforms.helm.patience import ROOM_AROUND, altogether, seconds
from rollback.platforms.helm.storage import Stored
from rollback.platforms.kubernetes.connection import identity_command

__all__ = ["guards", "moves", "steps"]


def guards(moves: Sequence[Move]) -> list[Guard]:
    """The cluster, the helm that will do it, then a line for each release: its status and the salted hash of its manifest.
    Whose pod templates were changed by hand since the plan is not as planned, either; other edits Helm merges.
    """
    if not moves:
        return []
    details, (name, uid) = moves[0].target.details, moves[0].target.details["identity"]
    cluster = Guard(
        f"the cluster of context {details['context'] or '(none)'} (uid of namespace {name})",
        identity_command(details),
        (uid,),
        (uid,),
    )
    version = Guard("the version of helm", VERSION, (details["helm"],), (details["helm"],))
    current, to = (
        tuple(line(move, move.current) for move in moves),
        tuple(line(move, move.to) for move in moves),
    )
    rows = [word for move in moves for word in (*_row(move), *_templates(move))]
    look = Command(("untouched_releases", *_place(details), *rows), 20 + 15 * len(moves), VARIABLES)
    return [
        cluster,
        version,
        Guard("status, manifest and pod templates", look, current, to, tuple(range(len(moves)))),
    ]


def steps(moves: Sequence[Move]) -> list[Step]:
    return [step for number, move in enumerate(moves) for step in _steps(number, move)]


def line(move: Move, release: Release) -> str:
    """What `live_releases` prints while this release serves; the one to go back to has to be deployed."""
    status = stored(release).status if release is move.current else "deployed"
    return f"{status} {salted(move, stored(release))}"


def stored(release: Release) -> Stored:
    return release.facts["stored"]  # type: ignore[no-any-return]


def salted(move: Move, one: Stored) -> str:
    return digest(move.target.details["salt"], one.manifest)


def skips_hooks(move: Move) -> bool:
    """After a hook that failed in a rollback only a rollback without hooks gets out; it would fail again. A kill is no failed hook."""
    return stored(move.current).status == "pending-rollback" and "ours" not in move.current.facts


def were(release: Release) -> Stored:
    """What the objects of the live release are: of a rollback that a hook stopped before its first change, the revision before."""
    return release.facts.get("were") or stored(release)


def applies_on_server(move: Move, to: Stored) -> bool:
    """Helm 4 follows the revision that it goes back to."""
    return bool(move.target.details["helm"].startswith("v4") and to.apply_method == "ssa")


def _steps(number: int, move: Move) -> Iterator[Step]:
    limit, app = seconds(stored(move.to), move.target.details["namespace"]), move.target.app
    there = _roll_back(move, stored(move.to), (waiting(move), "--wait-for-jobs"), limit)
    # what was live may have been unhealthy: waiting for it would only fail
    back = _roll_back(move, were(move.current), (), limit)
    title = f"Roll release {app} back from revision {_named(move.current)} to {_named(move.to)}"
    ends = (were(move.current), stored(move.to), move.target.details["namespace"])
    undo = (
        Undo(back, Probe(_look([move]), line(move, move.current)))
        if way_back.is_open(*ends)
        else None
    )
    deadline = max(there.timeout, back.timeout)
    proof, wave = Probe(_look([move]), line(move, move.to)), move.target.details["wave"]
    yield Step(
        f"helm.{app}",
        title,
        there,
        proof,
        undo,
        moves=(number,),
        wave=wave,
        deadline=deadline,
        irreversible=undo is None,
    )
    if objects := leftovers(
        stored(move.current), stored(move.to), move.target.details["namespace"]
    ):
        place = (move.target.details["context"], move.target.details["namespace"], app, *objects)
        delete, look = (
            Command((word, *place), 120, VARIABLES) for word in ("delete_leftovers", "leftovers")
        )
        title = f"See that Helm deleted what revision {move.to.id} of {app} lacks"
        yield Step(
            f"helm.{app}.leftovers",
            title,
            delete,
            Probe(look, ""),
            undo,
            moves=(number,),
            wave=wave,
            deadline=max(180, deadline),
        )


def waiting(move: Move) -> str:
    """Helm 4 waits for a hook that has failed until its time is over, unless it waits as Helm 3 does (measured with 4.0.1)."""
    hooks = any(
        "rollback" in event for hook in stored(move.to).hooks for event in hook.get("events") or ()
    )
    return (
        "--wait=legacy"
        if hooks and not skips_hooks(move) and move.target.details["helm"].startswith("v4")
        else "--wait"
    )


def _roll_back(move: Move, to: Stored, options: tuple[str, ...], limit: int) -> Command:
    hooks = ("--no-hooks",) if skips_hooks(move) else ()
    # Helm 3 overwrites what was changed by hand; Helm 4 on the server would stop there
    force = ("--force-conflicts",) if applies_on_server(move, to) else ()
    # no revision is deleted on the way: the next upgrade trims the history to its own size
    options = (*options, *hooks, *force, f"--timeout={limit}s", "--history-max=0")
    objects = were(move.current)
    place = (*_place(move.target.details), move.target.app, *_known(move, to))
    goal = (salted(move, to), str(to.number), *options)
    longest = altogether(to, limit, not hooks)
    if objects is stored(move.current) or objects.manifest == to.manifest:
        return Command(("roll_back", *place, *goal), longest, VARIABLES)
    return Command(
        ("free_and_roll_back", *place, salted(move, objects), str(objects.number), *goal),
        longest + ROOM_AROUND,
        VARIABLES,
    )


def _known(move: Move, to: Stored) -> tuple[str, str, str]:
    """How the plan saw the release, each content that it may have meanwhile, and what Helm may have to be started again for."""
    ends = (stored(move.current), stored(move.to), were(move.current))
    contents = " ".join(dict.fromkeys(salted(move, one) for one in ends))
    return (
        line(move, move.current),
        contents,
        " ".join(added(to, ends, move.target.details["namespace"])),
    )


def _look(moves: Sequence[Move]) -> Command:
    rows = [word for move in moves for word in _row(move)]
    return Command(
        ("live_releases", *_place(moves[0].target.details), *rows), 20 + 10 * len(moves), VARIABLES
    )


def _row(move: Move) -> tuple[str, ...]:
    now = stored(move.current)
    return (
        move.target.app,
        now.status,
        *(salted(move, one) for one in (now, stored(move.to), were(move.current))),
    )


def _templates(move: Move) -> tuple[str, str]:
    """Salted hash of the pod templates as the plan saw them, and the workloads in one word; of one alone kubectl prints no list."""
    seen: Mapping[str, str] = move.current.facts.get("templates", {})
    spaces = [name.partition("/")[0] for name in seen]
    names = [
        name
        for name, space in zip(seen, spaces, strict=True)
        for _ in range(2 if spaces.count(space) == 1 else 1)
    ]
    return digest(
        move.target.details["salt"], "\n".join(sorted(filter(None, seen.values())))
    ), " ".join(names)


def _place(details: Mapping[str, Any]) -> tuple[str, str, str]:
    return details["context"], details["namespace"], details["salt"]


def _named(release: Release) -> str:
    return f"{release.id} ({release.version})" if release.version else release.id
