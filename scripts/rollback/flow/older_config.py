"""Configuration outside of a release that goes back with it: a component before its application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback.model import component_ids
from rollback.errors import RollbackError
from rollback.flow import compose
from rollback.flow.decide import Decision
from rollback.flow.site import Site, Source
from rollback.model import (
    Component,
    Finding,
    Guard,
    Line,
    Move,
    OlderConfig,
    PlanLevel,
    Probe,
    Release,
    Step,
    Undo,
    brings_configuration,
)


class Row(Struct, frozen=True):
    """The configuration of one component of the settings, `of`, that goes back.

    Without a component nothing of it does, and findings may say why.
    """

    of: str
    component: Component | None = None
    files: Mapping[str, bytes] = {}
    findings: tuple[Finding, ...] = ()
    settles: tuple[str, ...] = ()  # how findings begin that are no longer true


def of(site: Site, decision: Decision, level: PlanLevel) -> list[Row]:
    """Return what goes back with the applications of a plan."""
    if not brings_configuration(level) or decision.verdict != "ready":
        return []
    moved = ((source, decision.moves.get(source.component)) for source in site.sources)
    return [_row(site, source, moves) for source, moves in moved if moves]


def before(rows: Sequence[Row], apps: Sequence[Component]) -> list[Component]:
    """Return the components of applications, each behind its configuration.

    Code that starts reads it, so it comes first, and an application whose configuration could not
    be brought back is not started.
    """
    known = {row.of: row.component for row in rows if row.component}
    if not known:
        return list(apps)
    ordered: list[Component] = []
    for app in apps:
        if component := known.get(app.id):
            ordered.append(replace(component, stage=2 * app.stage))
        ordered.append(replace(app, stage=2 * app.stage + 1))
    return sorted(ordered, key=lambda component: component.stage)


def _row(site: Site, source: Source, moves: Sequence[Move]) -> Row:
    try:
        items = list(source.platform.older_config(moves, source.shell))
    except RollbackError as error:
        message = f"older configuration could not be read, so it stays: {error.message}"
        finding = Finding("warning", "config-unknown", site.label(source, message), error.fix)
        return Row(source.component, findings=(finding,))
    if not items:
        return Row(source.component)
    return Row(
        of=source.component,
        component=_component(source, moves[0], items),
        files={name: text for item in items for name, text in item.files.items()},
        settles=tuple(site.label(source, item.settles) for item in items if item.settles),
    )


def _component(source: Source, app: Move, items: Sequence[OlderConfig]) -> Component:
    id = component_ids.config(source.component)
    name = ", ".join(item.name for item in items)
    target = replace(app.target, component=id, app=name, details=None)
    ends = (_release(app.current), _release(app.to))
    (move,) = compose.with_ids(id, [Move(target, *ends)])
    numbered = list(enumerate(items, 1))
    return Component(
        id=id,
        adapter=source.adapter,
        part="config",
        moves=(move,),
        guards=tuple(_guard(move, number, item) for number, item in numbered),
        steps=tuple(_step(move, number, item) for number, item in numbered),
        undo_first=True,
    )


def _release(release: Release) -> Release:
    """Return a release by name: nothing else of it is about its configuration."""
    return Release(release.id, release.version, commit=release.commit)


def _guard(move: Move, number: int, item: OlderConfig) -> Guard:
    lines = (Line(item.source, item.goal, move.id),)
    return Guard(f"{move.id}.content{number}", f"the content of {item.name}", item.read, lines)


def _step(move: Move, number: int, item: OlderConfig) -> Step:
    undo = Undo(
        f"Put {item.name} of {move.current.label} in place again",
        item.undo,
        Probe(item.read, item.source),
    )
    return Step(
        id=f"{move.id}.put{number}",
        title=f"Put {item.name} of {move.to.label} in place",
        do=item.do,
        proof=Probe(item.read, item.goal),
        undo=undo,
        part="config",
        moves=(move.id,),
        reminder=item.reminder,
    )
