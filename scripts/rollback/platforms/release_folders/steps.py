"""The steps on each host: switch the link, restart, leave the deploy tool's own mark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from shlex import join

from msgspec.structs import replace

from rollback.model import Command, Move, Probe, Step, Undo
from rollback.platforms.release_folders import details

LONG = 24  # characters of a path in a title


def steps(moves: Sequence[Move]) -> list[Step]:
    """Return the steps host by host; restart and mark follow the switch in both directions.

    Undos of a host: switch, mark, restart. After a failed switch there is no false mark.
    """
    return [step for move in moves for step in _on_host(move)]


def call(move: Move, function: str, *arguments: str, timeout: float = 60) -> Command:
    """Return a call of one of the script's functions, on the move's host."""
    host = details.host_of(move)
    words = (function, host.path, *arguments)
    return Command(("remote", host.name, *words) if host.name else words, timeout)


def by_hand(move: Move, words: str, command: Command) -> Command:
    """Add what a person would type in the application's folder, on its host."""
    host = details.host_of(move)
    line = f"cd {join((host.path,))} && {words}"
    typed = join(("ssh", host.name, line)) if host.name else f"({line})"
    return replace(command, by_hand=typed)


def _linked(link: str) -> str:
    return join(("ln", "-sfn", link, "current"))


def _appended(line: str) -> str:
    return f"echo {join((line,))} >>revisions.log"


def _on_host(move: Move) -> list[Step]:
    return [_switch(move), *_restart(move), *_mark(move)]


def _switch(move: Move) -> Step:
    facts, place = details.of(move.target), _place(move)
    serving, link = call(move, "serving"), details.host_of(move).link
    return Step(
        id=f"{move.id}.switch",
        title=f"Switch {place} to {move.to.id}",
        do=by_hand(move, _linked(_new_link(move)), call(move, "switch_link", _new_link(move))),
        proof=Probe(serving, facts.goal),
        undo=Undo(
            f"Switch {place} back to {move.current.id}",
            by_hand(move, _linked(link), call(move, "switch_link", link)),
            Probe(serving, facts.source),
        ),
        moves=(move.id,),
    )


def _restart(move: Move) -> list[Step]:
    """Restart, without a proof: only health checks show whether it took effect."""
    words = details.of(move.target).restart
    if not words:
        return []
    title = f"Restart {_place(move)}: {' '.join(map(_name, words))}"
    do = by_hand(move, f"cd current && {join(words)}", call(move, "restart", *words, timeout=110))
    undo = Undo(title, do, last=True)
    return [Step(f"{move.id}.restart", title, do, undo=undo, moves=(move.id,))]


def _mark(move: Move) -> list[Step]:
    host = details.host_of(move)
    if host.log == "capistrano":
        return [_log_line(move)]
    if host.log == "deployer" and not host.marked:
        return [_bad_release(move)]
    return []


def _log_line(move: Move) -> Step:
    """Append to Capistrano's log, as its own rollback does; the undo appends another line."""
    user, log = details.of(move.target).user, f"{_place(move)}/revisions.log"
    forward = f"{user} rolled back to release {move.to.id}"
    reverse = f"{user} rolled back to release {move.current.id}"
    last_line = call(move, "end_of_log")
    return Step(
        id=f"{move.id}.mark",
        title=f"Log the rollback in {log}",
        do=by_hand(move, _appended(forward), call(move, "append_to_log", forward)),
        proof=Probe(last_line, forward),
        undo=Undo(
            f"Log the return to {move.current.id} in {log}",
            by_hand(move, _appended(reverse), call(move, "append_to_log", reverse)),
            Probe(last_line, reverse),
            last=True,
        ),
        moves=(move.id,),
    )


def _bad_release(move: Move) -> Step:
    """Write Deployer's own mark, so that its next rollback does not choose this release."""
    bad, place = move.current.id, _place(move)
    is_bad, mark = call(move, "is_bad", bad), f"releases/{bad}/BAD_RELEASE"
    do = call(move, "mark_bad", bad, details.of(move.target).user)
    return Step(
        id=f"{move.id}.mark",
        title=f"Mark {bad} in {place} as BAD_RELEASE",
        do=by_hand(move, join(("touch", mark)), do),
        proof=Probe(is_bad, "yes"),
        undo=Undo(
            f"Remove the BAD_RELEASE mark from {bad} in {place}",
            by_hand(move, join(("rm", mark)), call(move, "unmark_bad", bad)),
            Probe(is_bad, "no"),
            last=True,
        ),
        moves=(move.id,),
    )


def _new_link(move: Move) -> str:
    """Return the new link's text: relative or absolute, as the old one was."""
    return re.sub(r"[^/]+/*$", lambda _: move.to.id, details.host_of(move).link)


def _place(move: Move) -> str:
    """Return the folder for people: "/srv/shop", "web1:/srv/shop"."""
    host = details.host_of(move)
    path = _short(host.path)
    return f"{host.name}:{path}" if host.name else path


def _short(path: str) -> str:
    """Return a long absolute path as "…/" and its name."""
    name = _name(path)
    return path if name == path else f"…/{name}"


def _name(word: str) -> str:
    """Return the name of a long absolute path, anything else as it is."""
    long = word.startswith("/") and len(word) > LONG
    return word.rstrip("/").rpartition("/")[2] if long else word
