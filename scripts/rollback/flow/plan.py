"""Plan: decide and check everything before any change, and save it with its undo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from rollback import VERSION
from rollback.clock import now
from rollback.flow import (
    backups,
    boot,
    compose,
    configuration,
    databases,
    decide,
    detect,
    health,
    history,
    infrastructure,
    looked_up,
    older_config,
    plan_findings,
    reversal,
    schema,
    selection,
    taken_back,
)
from rollback.flow import site as sites
from rollback.flow.backups import Reading
from rollback.flow.history import History
from rollback.flow.reversal_draft import Reversed
from rollback.flow.site import Site
from rollback.model import (
    Component,
    Finding,
    Move,
    Plan,
    PlanLevel,
    TakenBack,
    brings_configuration,
    changes_databases,
)
from rollback.records import run
from rollback.settings.project import git_trouble

VALID = 3600  # seconds: long enough for a second pair of eyes; compare and swap guards the rest


class Request(Struct, frozen=True):
    """What was asked for, in the words of the command line."""

    project: Path
    environment: str | None = None
    wanted: str = "previous"
    level: PlanLevel = "app"
    apps: tuple[str, ...] = ()
    refresh: bool = False
    dry_run: bool = False
    reason: str | None = None
    options: tuple[str, ...] = ()  # switches that belong to one platform
    accept_schema: str | None = None  # why the old code may meet a schema that breaks it
    accept_loss: bool = False  # a reversal may lose rows and values that were counted
    drill_backup: bool = False  # a backup counts once it was restored into a scratch database


class Planned(Struct, frozen=True):
    plan: Plan
    run: Path | None = None


class Prepared(Struct, frozen=True):
    """A plan that is not saved. `rows` are its databases; None where nothing would move."""

    plan: Plan
    known: History
    rows: tuple[Reversed, ...] | None = None
    infrastructure: tuple[infrastructure.Row, ...] = ()
    configuration: tuple[older_config.Row, ...] = ()

    @property
    def site(self) -> Site:
        return self.known.site


def make(request: Request) -> Planned:
    """Read, decide, check, save.

    Raises what the readers raise. A plan that may not run is a result, not an error.
    """
    if (prepared := prepare(request)).rows is None:
        return Planned(prepared.plan)
    from rollback.flow import save  # only where there is something: it renders with jinja2

    return Planned(prepared.plan, save.run_folder(prepared, request))


def prepare(request: Request) -> Prepared:
    """Read, decide and check as `make` does; nothing is saved."""
    if request.refresh:
        history.forget(request.project)
    site = sites.find(request.project, request.environment, request.refresh, request.options)
    known = history.read(selection.of(site, request.apps))
    known = looked_up.with_named(known, request.wanted)
    decision = decide.decide(known, request.wanted)
    findings = [*decision.findings, *site.findings, *known.findings]
    brought = infrastructure.of(site, decision, request.level, request.apps)
    configured = older_config.of(site, decision, request.level)
    findings += [finding for row in brought for finding in row.findings]
    findings += [finding for part in configured for finding in part.findings]
    plan = _plan(site, request, decision.verdict, findings)
    only = decision.verdict == "already" and any(row.matters for row in brought)
    if decision.verdict != "ready" and not only:
        plan = replace(
            plan, findings=plan_findings.ordered([*plan.findings, *_unfinished(request)])
        )
        return Prepared(plan, known)
    readings = backups.begin(site, request.project)
    rows = _databases(site, decision, request)
    plan = replace(
        plan,
        components=_components(site, decision, rows, brought, configured),
        databases=reversal.listed(rows),
        infrastructure=tuple(change for row in brought for change in row.changes),
    )
    plan = _checked(plan, site, request, rows, readings)
    if brings_configuration(plan.level):
        plan = configuration.compared(plan, site, configured)
    return Prepared(plan, known, tuple(rows), tuple(brought), tuple(configured))


def _databases(site: Site, decision: decide.Decision, request: Request) -> list[Reversed]:
    moves = [move for group in decision.moves.values() for move in group]
    wanted = changes_databases(request.level)
    flags = (request.accept_loss, request.drill_backup, request.accept_schema or "")
    return reversal.of(site, moves, databases.Asked(request.project, wanted, *flags))


def _components(
    site: Site,
    decision: decide.Decision,
    rows: Sequence[Reversed],
    brought: Sequence[infrastructure.Row],
    configured: Sequence[older_config.Row],
) -> tuple[Component, ...]:
    shares = [
        compose.share(source, moves)
        if (moves := decision.moves.get(source.component))
        else compose.empty(source)
        for source in site.sources
    ]
    every = reversal.components(rows, older_config.before(configured, shares))
    every = infrastructure.placed(brought, every)
    compose.refuse_same(every)
    compose.refuse_inconsistent(every)
    return tuple(every)


def _plan(site: Site, request: Request, verdict: str, findings: Sequence[Finding]) -> Plan:
    return Plan(
        verdict=verdict,
        created_at=now(),
        expires_at=now(VALID),
        level=request.level,
        environment=site.environment.name,
        protected=site.environment.protected,
        project=str(request.project),
        components=tuple(compose.empty(source) for source in site.sources),
        findings=plan_findings.ordered(findings),
        version=VERSION,
    )


def _checked(
    plan: Plan, site: Site, request: Request, rows: Sequence[Reversed], readings: Sequence[Reading]
) -> Plan:
    """Add all findings for and against the plan."""
    report = health.look(site, plan.moves, "before")
    findings = [
        *plan.findings,
        *_about_project(plan, request),
        *_preflight(site, plan),
        *reversal.findings(rows),
        *backups.findings(readings, rows, changes_databases(request.level)),
        *_about_schema(site, plan, request),
        *plan_findings.about_request(site, request),
        *plan_findings.about_health(report),
        *plan_findings.irreversible(plan, request.wanted),
    ]
    blocked = any(finding.level == "blocker" for finding in findings)
    moves = _app_moves(site, plan)
    evidence = [row.path for source in site.sources for row in source.environment.evidence]
    return replace(
        plan,
        verdict="blocked" if blocked else "dry-run" if request.dry_run else "ready",
        findings=plan_findings.ordered(findings),
        health=report,
        taken_back=taken_back.commits(request.project, moves) if moves else TakenBack(),
        follow_up=tuple(taken_back.comes_back(request.project, evidence, moves)) if moves else (),
    )


def _preflight(site: Site, plan: Plan) -> Iterator[Finding]:
    for source in site.sources:
        if moves := source.moves_of(plan.moves):
            for finding in source.platform.preflight(moves, source.shell):
                yield replace(finding, message=site.label(source, finding.message))


def _app_moves(site: Site, plan: Plan) -> list[Move]:
    """Return the moves of platforms; those of databases follow from them."""
    return [move for source in site.sources for move in source.moves_of(plan.moves)]


def _about_schema(site: Site, plan: Plan, request: Request) -> Iterator[Finding]:
    moves = _app_moves(site, plan)
    if not moves:  # only infrastructure changes
        return
    folders = detect.run(request.project).migrations
    choice = schema.Choice(request.accept_schema, changes_databases(request.level))
    for finding in schema.findings(request.project, moves, folders, plan.databases, choice):
        blocks = choice.reverses and finding.code == schema.UNKNOWN
        yield replace(finding, level="blocker") if blocks else finding
    sources = databases.sources_of(site, moves, request.project)
    yield from boot.findings(request.project, sources, plan.databases, request.accept_schema)


def _about_project(plan: Plan, request: Request) -> Iterator[Finding]:
    """Yield findings from git and earlier runs."""
    if (trouble := git_trouble(request.project)) is not None:
        yield trouble
    yield from _unfinished(request)


def _unfinished(request: Request) -> Iterator[Finding]:
    """Report an unfinished earlier run: it comes before any new plan."""
    if unfinished := run.unfinished(request.project):
        name = unfinished.name
        fix = f"resume: execute.py {name}; undo: restore.py {name}; close: plan.py --abandon {name}"
        yield Finding("blocker", "unfinished-run", f"run {name} is unfinished", fix)
