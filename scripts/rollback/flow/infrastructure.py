"""The infrastructure of a plan: which commit it goes back to, what changes, what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from rollback.model import component_ids
from rollback import infrastructure
from rollback.cli import command
from rollback.errors import Blocked, RollbackError
from rollback.flow import compose, infrastructure_findings
from rollback.flow.decide import Decision
from rollback.flow.site import Site
from rollback.infrastructure_contracts import Asked, Infrastructure, Planned
from rollback.model import (
    Component,
    Finding,
    InfrastructureChange,
    Move,
    PlanLevel,
    Release,
    Target,
    changes_infrastructure,
)
from rollback.settings.model import ComponentSettings, InfrastructureSettings
from rollback.settings.project import git
from rollback.shell import Shell
from rollback.text import clean


class Part(Struct, frozen=True):
    """One infrastructure of the settings; `before` are the applications that come after it."""

    settings: ComponentSettings
    before: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.settings.name


class Row(Struct, frozen=True):
    """One infrastructure. Without a component nothing of it changes, or findings say why not.

    `first`: it goes back before the applications.
    """

    changes: tuple[InfrastructureChange, ...] = ()
    component: Component | None = None
    findings: tuple[Finding, ...] = ()
    files: Mapping[str, bytes] = {}
    first: bool = False

    @property
    def matters(self) -> bool:
        blocked = any(finding.level == "blocker" for finding in self.findings)
        return blocked or self.component is not None


def of(site: Site, decision: Decision, level: PlanLevel, apps: Sequence[str]) -> list[Row]:
    """Return the infrastructure that goes where the applications go, or already are."""
    if not changes_infrastructure(level) or decision.verdict not in ("ready", "already"):
        return []
    parts = list(_parts(site))
    if not parts:
        message = "--full: the settings have no infrastructure: this is a plan as of --with-db"
        fix = "name it: infrastructure: {directory: ...} in the settings"
        return [Row(findings=(Finding("note", "no-infrastructure", message, fix),))]
    if apps:
        message = "infrastructure stays as it is: --app chooses applications"
        fix = "plan without --app to bring it back, too"
        return [Row(findings=(Finding("warning", "left-alone", message, fix),))]
    # an application and its configuration are two stages, databases three more
    last = 2 * max((source.stage for source in site.sources), default=0) + 10
    return [_row(site, decision, part, last + number) for number, part in enumerate(parts)]


def placed(rows: Sequence[Row], components: Sequence[Component]) -> list[Component]:
    """Return the components in order: backups, infrastructure that comes first, the rest, it last.

    Older code that needs its infrastructure must not start without it: after a failure no later
    stage is started.
    """
    changing = [(row.first, row.component) for row in rows if row.component]
    first = [component for is_first, component in changing if is_first]
    last = [component for is_first, component in changing if not is_first]
    if not first:
        return [*components, *last]
    backups = [component for component in components if component.id == component_ids.BACKUPS]
    rest = [component for component in components if component.id != component_ids.BACKUPS]
    shift = len(first) + 1
    return [
        *backups,
        *(replace(component, stage=number) for number, component in enumerate(first, 1)),
        *(replace(component, stage=component.stage + shift) for component in (*rest, *last)),
    ]


def _parts(site: Site) -> Iterator[Part]:
    settings = site.environment.settings
    if settings.infrastructure:
        yield Part(
            ComponentSettings(component_ids.INFRASTRUCTURE, infrastructure=settings.infrastructure)
        )
    for part in settings.components:
        if part.infrastructure:
            before = (row.name for row in settings.components if part.name in row.after)
            yield Part(part, tuple(before))


def _row(site: Site, decision: Decision, part: Part, stage: int) -> Row:
    settings = part.settings.infrastructure or InfrastructureSettings()
    project = site.environment.project
    try:
        release = _release(project, decision, part)
        id, adapter = infrastructure.of(settings.tool, project / settings.directory)
        asked = Asked(part.name, settings, project, release.commit or "")
        planned = adapter.plan(asked, Shell(project))
    except RollbackError as error:
        message = f"{part.name}: {error.message}"
        return Row(findings=(Finding("blocker", error.code, message, error.fix),))
    drifted = (*infrastructure_findings.drift(part.name, planned), *planned.notes)
    if not planned.changes:
        message = f"{part.name}: nothing to change in {planned.location}"
        note = Finding("note", "infrastructure-unchanged", message)
        return Row(findings=(note, *drifted))
    if refused := [change for change in planned.changes if change.refused]:
        blockers = (infrastructure_findings.refusal(adapter, change, planned) for change in refused)
        return Row(planned.changes, findings=(*blockers, *drifted))
    move = _move(site, part.name, id, planned, release)
    left = _word([move.current for group in decision.moves.values() for move in group])
    component = _component(adapter, planned, move, stage)
    findings = (
        *infrastructure_findings.deletions(part.name, planned),
        *drifted,
        *infrastructure_findings.order(site.environment.name, part.name, part.before, left),
    )
    return Row(planned.changes, component, findings, planned.files, bool(part.before))


# ---- which commit -------------------------------------------------------------------------


def _release(project: Path, decision: Decision, part: Part) -> Release:
    """Return the release of the applications that the infrastructure follows, with its commit.

    Raises Blocked (infrastructure-ref).
    """
    names = part.before or part.settings.after
    releases = [
        release
        for component, group in decision.reached.items()
        if not names or component in names
        for release in group
    ]
    commits = {_commit(project, release) for release in releases}
    fix = "roll back without --full, or bring the infrastructure back with its own tool"
    if not commits or "" in commits:
        labels = ", ".join(release.label for release in releases) or "the application"
        message = f"the commit of {clean(labels)} is not known here: neither is its infrastructure"
        raise Blocked("infrastructure-ref", message, fix)
    if len(commits) > 1:
        several = ", ".join(sorted(commit[:12] for commit in commits))
        message = f"the applications go back to several commits ({several})"
        fix = "name the one that decides: after: [NAME] of the infrastructure's component"
        raise Blocked("infrastructure-ref", message, fix)
    ids = {release.id for release in releases}
    commit = commits.pop()
    word = ids.pop() if len(ids) == 1 else commit[:12]
    return Release(word, releases[0].version if word == releases[0].id else None, commit=commit)


def _commit(project: Path, release: Release) -> str:
    """Return the whole id of a release's commit, "" where this repository does not have it."""
    if not release.commit or release.commit.startswith("-"):
        return ""
    name = f"{release.commit}^{{commit}}"
    return (git(project, "rev-parse", "--verify", "--quiet", name) or "").strip()


def _word(releases: Sequence[Release]) -> str:
    """Return the word of plan.py for all of these releases; "" where no word means each of them."""
    commits = {(release.commit or "")[:12] for release in releases}
    for words in ({row.id for row in releases}, {row.version for row in releases}, commits):
        if len(words) == 1 and (word := words.pop()):
            return word
    return ""


# ---- the component ------------------------------------------------------------------------


def _move(site: Site, name: str, id: str, planned: Planned, release: Release) -> Move:
    target = Target(
        environment=site.environment.name,
        component=name,
        platform=id,
        app=name,
        where=f"{planned.identity} {planned.location}",
        protected=site.environment.protected,
        location=planned.location,
    )
    return compose.with_ids(name, [Move(target, Release(planned.state), release)])[0]


def _component(adapter: Infrastructure, planned: Planned, move: Move, stage: int) -> Component:
    again = command("plan", move.target.environment, move.to.id, "--full")
    return Component(
        id=move.target.component,
        adapter=f"infrastructure/{move.target.platform}",
        part="infrastructure",
        stage=stage,
        moves=(move,),
        guards=tuple(adapter.guards(planned, move)),
        steps=(adapter.step(planned, move, again),),
    )
