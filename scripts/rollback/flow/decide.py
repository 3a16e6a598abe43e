"""Decide which release each target goes to: ready, already, choose or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from rollback.contracts import LEFT_ALONE
from rollback.errors import Usage
from rollback.flow import choose, compose, history, last_deployed
from rollback.flow.choose import Choice
from rollback.flow.history import ComponentHistory, History, TargetHistory
from rollback.model import Finding, Move, Release

Verdict = Literal["ready", "already", "choose", "nothing"]
_OFFERED = 5  # releases named in the question which one
_QUIET = ("nothing-to-roll-back-to", "assumed-environment")


class Decision(Struct, frozen=True):
    """`moves` and the releases that are `reached` are those of every component, by its id."""

    verdict: Verdict
    moves: dict[str, tuple[Move, ...]] = {}
    findings: tuple[Finding, ...] = ()
    reached: dict[str, tuple[Release, ...]] = {}


class Row(Struct, frozen=True):
    """A target of a component with the release chosen for it."""

    component: ComponentHistory
    history: TargetHistory
    choice: Choice


def decide(known: History, wanted: str) -> Decision:
    """Decide on `previous` or a named release for every selected target.

    Raises Usage (unknown-release, unknown-app, no-live-release).
    """
    rows = [row for component in known.components for row in _rows(known, component, wanted)]
    if ambiguous := [row for row in rows if _must_ask(row.choice, wanted)]:
        return Decision("choose", findings=tuple(_question(known, row) for row in ambiguous))
    moves = {
        component.source.component: tuple(_moves(component, rows)) for component in known.components
    }
    history.refuse_unknown(known, [move for group in moves.values() for move in group])
    moves = {component: tuple(group) for component, group in _selected(known, moves)}
    findings = [finding for row in rows for finding in _about(known, row)]
    if any(moves.values()):
        about = (*findings, *_unmoved(known, rows, moves))
        return Decision("ready", moves, about, _reached(rows))
    if any(row.choice.to for row in rows):
        quiet = [finding for finding in findings if finding.code in _QUIET]
        about = (*quiet, _already(known))
        return Decision("already", findings=about, reached=_reached(rows))
    blockers = tuple(replace(finding, level="blocker") for finding in findings)
    return Decision("nothing", findings=blockers)


def _reached(rows: Sequence[Row]) -> dict[str, tuple[Release, ...]]:
    """Return what each component goes back to; where it moves at all, what stays says nothing."""
    reached: dict[str, tuple[Release, ...]] = {}
    moving = {row.component.source.component for row in rows if _is_moving(row)}
    for row in rows:
        stays = row.component.source.component in moving and not _is_moving(row)
        if row.choice.to is not None and not stays:
            name = row.component.source.component
            reached[name] = (*reached.get(name, ()), row.choice.to)
    return reached


def _is_moving(row: Row) -> bool:
    return row.choice.to is not None and row.choice.to.status != "live"


def _rows(known: History, component: ComponentHistory, wanted: str) -> list[Row]:
    """Choose for each target; without a name, `previous` takes the last deployment back."""
    rows = list(_choices(known, component, wanted))
    if wanted != "previous" or len(rows) < 2 or known.selection.names(component.source):
        return rows
    picks = [last_deployed.Pick(row.history, row.choice) for row in rows]
    choices = zip(rows, last_deployed.narrowed(picks), strict=True)
    return [replace(row, choice=choice) for row, choice in choices]


def _choices(known: History, component: ComponentHistory, wanted: str) -> Iterator[Row]:
    """Choose for each target; a component that has nothing of what --app names is left out."""
    for target in component.targets:
        try:
            yield Row(component, target, choose.choose(target.releases, wanted))
        except Usage as error:
            if is_named(known, component):
                raise _of_component(known, component, error) from None


def is_named(known: History, component: ComponentHistory) -> bool:
    names = known.selection.names(component.source)
    apps = {row.target.app for row in component.targets}
    parts = {
        part for row in component.targets for release in row.releases for part in release.artifacts
    }
    return not names or bool((apps | parts) & set(names))


def _of_component(known: History, component: ComponentHistory, error: Usage) -> Usage:
    if not known.site.several:
        return error
    fix = f"{error.fix}; for another component alone add --app COMPONENT"
    return Usage(error.code, known.site.label(component.source, error.message), fix)


def _about(known: History, row: Row) -> Iterator[Finding]:
    findings = [*row.choice.findings]
    if row.choice.to is None:
        findings.append(_nothing(row.history, row.choice))
    elif row.choice.to.status != "live":
        findings += row.choice.to.findings
    for finding in findings:
        message = known.site.label(row.component.source, finding.message)
        yield replace(finding, message=message)


def _unmoved(
    known: History, rows: Sequence[Row], moves: Mapping[str, Sequence[Move]]
) -> Iterator[Finding]:
    """Name the components that stay where they are while others move."""
    for row in rows if known.site.several else ():
        name = row.component.source.component
        live = choose.live(row.history.releases).label
        if moves.get(name) or known.selection.names(row.component.source):
            continue
        if row.choice.to is not None:
            yield Finding("note", "already-at-target", f"{name}: already at {live}")
        else:
            message = f"{name} stays on {live}: nothing to roll back to"
            yield Finding("warning", LEFT_ALONE, message, f"name a release: --app {name} RELEASE")


def _moves(component: ComponentHistory, rows: Sequence[Row]) -> list[Move]:
    moves: list[Move] = []
    for row in rows:
        if row.component is component and row.choice.to is not None:
            moves += _of_target(component, row.history, row.choice, row.choice.to)
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


def _selected(
    known: History, moves: Mapping[str, Sequence[Move]]
) -> Iterator[tuple[str, list[Move]]]:
    """Yield the moves of the components, targets or parts that --app names."""
    for component in known.components:
        name = component.source.component
        selected, names = list(moves[name]), known.selection.names(component.source)
        if names and not any(row.target.app in names for row in component.targets):
            selected = [move for move in selected if move.target.app in names]
        yield name, selected


def _must_ask(choice: Choice, wanted: str) -> bool:
    if choice.to is None:
        return bool(choice.options)
    return wanted == "previous" and choice.to.guess


def _question(known: History, row: Row) -> Finding:
    options = "; ".join(map(_offer, row.choice.options[:_OFFERED]))
    message = known.site.label(row.component.source, f"which release? {options}")
    return Finding("blocker", "choose", message, "name one by its id")


def _offer(release: Release) -> str:
    at = release.deployed_at or (release.made_at and f"made {release.made_at}")
    return f"{release.label} ({at})" if at else release.label


def _nothing(row: TargetHistory, choice: Choice) -> Finding:
    skipped = "; ".join(f"{skip.release}: {skip.reason}" for skip in choice.skipped[:5])
    why = skipped or choose.oldest(row.releases)
    message = f"{row.target.app}: nothing to roll back to ({why})"
    fix = (
        "to use a skipped release, name it"
        if choice.skipped
        else "the platform keeps no older release: deploy the older version from git"
    )
    return Finding("warning", "nothing-to-roll-back-to", message, fix)


def _already(known: History) -> Finding:
    serving = (f"{row.target.app} {choose.live(row.releases).label}" for row in known.targets)
    return Finding("note", "already-at-target", f"already there: {', '.join(serving)}")
