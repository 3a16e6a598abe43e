"""The change on each host: switch the link, restart, and leave the mark that the deploy tool would have left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from rollback.model import Command, Guard, Move, Probe, Release, Step, Target, Undo
from rollback.platforms.release_folders.releases import part


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """One for each host that does not serve `to` yet."""
    return [
        _move(target, host, current, to)
        for host in target.details["hosts"]
        if host["live"] != to.id
    ]


def guards(found: Sequence[Move]) -> list[Guard]:
    """Machine, host key, real path and the release to go to, all as they were; then what serves."""
    return [guard(move, at) for guard in (_identity, _serving) for at, move in enumerate(found)]


def steps(found: Sequence[Move]) -> list[Step]:
    """Host by host. Restart and marks come after the switch, on the way back too."""
    return [
        replace(step, moves=(at,))
        for at, move in enumerate(found)
        for step in _host(move, str(at + 1))
    ]


def call(move: Move, function: str, *arguments: str, timeout: float = 60) -> Command:
    """One of the template's functions, here or over there."""
    host = move.target.details["host"]
    words = (function, move.target.details["path"], *arguments)
    return Command(("remote", host, *words) if host else words, timeout)


def _move(target: Target, host: dict[str, Any], current: Release, to: Release) -> Move:
    own = Target(
        target.environment,
        target.platform,
        part(target, host["host"]),
        host["where"],
        target.protected,
    )
    serving = {one["where"]: one["live"] for one in target.details["hosts"]}
    facts = {
        **host,
        "restart": target.details["restart"],
        "user": target.details["user"],
        "serving": serving,
    }
    now = (
        current
        if host["live"] == current.id
        else Release(host["live"], status="live", artifact=host["revision"] or None)
    )
    revision = to.facts.get("revisions", {}).get(host["host"], "")
    details = {**facts, "from": [now.id, host["revision"]], "to": [to.id, revision]}
    return Move(
        replace(own, details=details), replace(now, artifacts={}), replace(to, artifacts={})
    )


def _host(move: Move, number: str) -> list[Step]:
    return [_switch(move, number), *_restart(move, number), *_mark(move, number)]


def _switch(move: Move, number: str) -> Step:
    proofs = [Probe(call(move, "serving"), _line(move, side)) for side in ("to", "from")]
    undo = Undo(call(move, "switch_link", move.target.details["link"]), proofs[1])
    return Step(
        f"switch.{number}",
        f"Switch {_place(move)} to {move.to.id}",
        call(move, "switch_link", _there(move)),
        proofs[0],
        undo,
    )


def _restart(move: Move, number: str) -> list[Step]:
    """No proof: whether a restart was taken up shows in the health checks only. The way back restarts too, after its switch."""
    if not (words := move.target.details["restart"]):
        return []
    command = call(move, "restart", *words, timeout=110)
    return [
        Step(
            f"restart.{number}",
            f"Restart {_place(move)}: {' '.join(words)}",
            command,
            None,
            Undo(command, last=True),
        )
    ]


def _mark(move: Move, number: str) -> list[Step]:
    write = {"capistrano": _line_in_log, "deployer": _bad_release}.get(
        move.target.details["log"] or ""
    )
    return write(move, f"mark.{number}") if write else []


def _line_in_log(move: Move, id: str) -> list[Step]:
    """Capistrano appends a line for every rollback; the way back is one more."""
    lines = [
        f"{move.target.details['user']} rolled back to release {release.id}"
        for release in (move.to, move.current)
    ]
    do = [call(move, "append_to_log", line) for line in lines]
    proofs = [Probe(call(move, "end_of_log"), line) for line in lines]
    return [
        Step(
            id,
            f"Log the rollback in {_place(move)}/revisions.log",
            do[0],
            proofs[0],
            Undo(do[1], proofs[1]),
        )
    ]


def _bad_release(move: Move, id: str) -> list[Step]:
    """Deployer's own mark, so that its next rollback does not come back here. One that was there before stays on the way back."""
    left = move.current.id
    if move.target.details["marked"]:
        return []
    undo = Undo(call(move, "unmark_bad", left), Probe(call(move, "is_bad", left), "no"))
    do = call(move, "mark_bad", left, move.target.details["user"])
    return [
        Step(
            id,
            f"Mark {left} in {_place(move)} as BAD_RELEASE",
            do,
            Probe(call(move, "is_bad", left), "yes"),
            undo,
        )
    ]


def _identity(move: Move, at: int) -> Guard:
    facts, words = move.target.details, (move.target.details["path"], move.to.id)
    line = (" ".join(filter(None, (facts["key"], facts["machine"], facts["path"], *facts["to"]))),)
    command = Command(
        ("remote_identity", facts["host"], *words) if facts["host"] else ("identity", *words)
    )
    return Guard(
        f"{move.target.where} is the same machine, releases/{move.to.id} the same release",
        command,
        line,
        line,
        (at,),
    )


def _serving(move: Move, at: int) -> Guard:
    return Guard(
        f"{move.target.where}/current",
        call(move, "serving"),
        (_line(move, "from"),),
        (_line(move, "to"),),
        (at,),
    )


def _there(move: Move) -> str:
    """The text of the new link: as relative or absolute as it was."""
    return re.sub(r"[^/]+/*$", lambda _: move.to.id, move.target.details["link"])


def _place(move: Move) -> str:
    return move.target.where if move.target.details["host"] else move.target.details["path"]


def _line(move: Move, side: str) -> str:
    return " ".join(filter(None, move.target.details[side]))
