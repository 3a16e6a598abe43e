"""Decide which release each target goes to: ready, already, choose or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from rollback.flow import choose, compose, history
from rollback.flow.choose import Choice
from rollback.flow.history import ComponentHistory, History, TargetHistory
from rollback.model import Finding, Move, Release

Verdict = Literal["ready", "already", "choose", "nothing"]
_OFFERED = 5  # releases named in the question which one
_QUIET = ("nothing-to-roll-back-to", "assumed-environment")


class Decision(Struct, frozen=True):
    """`moves` are those of every component, by component id."""

    verdict: Verdict
    moves: dict[str, tuple[Move, ...]] = {}
    findings: tuple[Finding, ...] = ()


def decide(known: History, wanted: str, apps: Sequence[str] = ()) -> Decision:
    """Decide on `previous` or a named release for every target.

    Raises Usage (unknown-release, unknown-app, no-live-release).
    """
    choices = [(row, choose.choose(row.releases, wanted)) for row in known.targets]
    if ambiguous := [choice for _, choice in choices if _must_ask(choice, wanted)]:
        return Decision("choose", findings=tuple(map(_question, ambiguous)))
    findings = [finding for row, choice in choices for finding in _about(row, choice)]
    moves = _moves(
        known, dict(zip(map(_key, known.targets), (choice for _, choice in choices), strict=True))
    )
    moves = _only(moves, known, apps)
    if any(moves.values()):
        return Decision("ready", moves, tuple(findings))
    if any(choice.to for _, choice in choices):
        quiet = [finding for finding in findings if finding.code in _QUIET]
        return Decision("already", findings=(*quiet, _already(known)))
    blockers = tuple(replace(finding, level="blocker") for finding in findings)
    return Decision("nothing", findings=blockers)


def _key(row: TargetHistory) -> tuple[str, str, str]:
    return row.target.component, row.target.app, row.target.where


def _about(row: TargetHistory, choice: Choice) -> Iterator[Finding]:
    yield from choice.findings
    if choice.to is None:
        yield _nothing(row, choice)


def _moves(
    known: History, choices: dict[tuple[str, str, str], Choice]
) -> dict[str, tuple[Move, ...]]:
    return {
        component.source.component: tuple(_of_component(component, choices))
        for component in known.components
    }


def _of_component(
    component: ComponentHistory, choices: dict[tuple[str, str, str], Choice]
) -> list[Move]:
    moves: list[Move] = []
    for row in component.targets:
        choice = choices[_key(row)]
        if choice.to is not None:
            moves += _of_target(component, row, choice, choice.to)
    return compose.with_ids(component.source.component, moves)


def _of_target(
    component: ComponentHistory, row: TargetHistory, choice: Choice, to: Release
) -> Iterator[Move]:
    """Yield the moves of the parts that do not serve the chosen release yet.

    Some parts may serve it already, for example hosts that disagree.
    """
    platform = component.source.platform
    bare = platform.bare(row.releases)
    for move in platform.moves(row.target, choose.live(row.releases), to):
        if move.current.id != move.to.id:
            yield replace(move, bare=bare, skipped=choice.skipped)


def _only(
    moves: dict[str, tuple[Move, ...]], known: History, apps: Sequence[str]
) -> dict[str, tuple[Move, ...]]:
    """Limit the moves to the components, targets or parts named by --app.

    Raises Usage (unknown-app).
    """
    every = [move.target.app for rows in moves.values() for move in rows]
    history.refuse_unknown(apps, known, every)
    if not apps:
        return moves
    whole = {row.target.component for row in known.targets if row.target.app in apps} | set(apps)
    return {
        component: rows
        if component in whole
        else tuple(move for move in rows if move.target.app in apps)
        for component, rows in moves.items()
    }


def _must_ask(choice: Choice, wanted: str) -> bool:
    if choice.to is None:
        return bool(choice.options)
    return wanted == "previous" and choice.to.guess


def _question(choice: Choice) -> Finding:
    options = "; ".join(map(_offer, choice.options[:_OFFERED]))
    return Finding("blocker", "choose", f"which release? {options}", "name one by its id")


def _offer(release: Release) -> str:
    at = release.deployed_at or (release.made_at and f"made {release.made_at}")
    return f"{release.label} ({at})" if at else release.label


def _nothing(row: TargetHistory, choice: Choice) -> Finding:
    skipped = "; ".join(f"{skip.release}: {skip.reason}" for skip in choice.skipped[:5])
    why = skipped or choose.oldest(row.releases)
    message = f"{row.target.app}: nothing to roll back to ({why})"
    fix = "to use a skipped release, name it"
    return Finding("warning", "nothing-to-roll-back-to", message, fix)


def _already(known: History) -> Finding:
    serving = (f"{row.target.app} {choose.live(row.releases).label}" for row in known.targets)
    return Finding("note", "already-at-target", f"already there: {', '.join(serving)}")
