"""Plan: decide and check everything before any change, and save it with its undo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from rollback import VERSION
from rollback.clock import now
from rollback.flow import compose, decide, detect, health, history, taken_back
from rollback.flow import site as sites
from rollback.flow.site import Site, Source
from rollback.model import Component, Finding, HealthReport, Plan, PlanLevel
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


class Planned(Struct, frozen=True):
    plan: Plan
    run: Path | None = None


def make(request: Request) -> Planned:
    """Read, decide, check, save.

    Raises what the readers raise. A plan that may not run is a result, not an error.
    """
    if request.refresh:
        history.forget(request.project)
    site = sites.find(request.project, request.environment, request.refresh, request.options)
    apps = history.limit(site, request.apps)
    known = history.read(site, apps)
    decision = decide.decide(known, request.wanted, apps)
    findings = [*decision.findings, *site.findings, *known.findings]
    plan = _plan(site, request, decision.verdict, findings)
    if decision.verdict != "ready":
        return Planned(replace(plan, findings=_ordered([*plan.findings, *_unfinished(request)])))
    plan = _checked(replace(plan, components=_components(site, decision)), site, request)
    return Planned(plan, _save(plan, site, request.reason))


def _components(site: Site, decision: decide.Decision) -> tuple[Component, ...]:
    shares = [
        compose.share(source, moves)
        for source in site.sources
        if (moves := decision.moves.get(source.component))
    ]
    compose.refuse_inconsistent(shares)
    return tuple(shares)


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
        findings=_ordered(findings),
        version=VERSION,
    )


def _checked(plan: Plan, site: Site, request: Request) -> Plan:
    """Add all findings for and against the plan."""
    report = health.look(site, plan.moves, "before")
    findings = [
        *plan.findings,
        *_preflight(site, plan),
        *_about_project(plan, request),
        *_about_request(site, request),
        *_about_health(report),
        *_irreversible(plan, request.wanted),
    ]
    blocked = any(finding.level == "blocker" for finding in findings)
    evidence = [row.path for source in site.sources for row in source.environment.evidence]
    return replace(
        plan,
        verdict="blocked" if blocked else "dry-run" if request.dry_run else "ready",
        findings=_ordered(findings),
        health=report,
        taken_back=taken_back.commits(request.project, plan.moves),
        follow_up=tuple(taken_back.comes_back(request.project, evidence, plan.moves)),
    )


def _preflight(site: Site, plan: Plan) -> Iterator[Finding]:
    for source in site.sources:
        if moves := source.moves_of(plan.moves):
            for finding in source.platform.preflight(moves, source.shell):
                yield replace(finding, message=site.label(source, finding.message))


def _about_project(plan: Plan, request: Request) -> Iterator[Finding]:
    """Yield findings from git, the migration files and earlier runs."""
    folders = [row.dir for row in detect.run(request.project).migrations]
    yield from taken_back.migrations(request.project, plan.moves, folders)
    if (trouble := git_trouble(request.project)) is not None:
        yield trouble
    yield from _unfinished(request)


def _unfinished(request: Request) -> Iterator[Finding]:
    """Report an unfinished earlier run: it comes before any new plan."""
    if unfinished := run.unfinished(request.project):
        name = unfinished.name
        fix = f"resume: execute.py {name}; undo: restore.py {name}; close: plan.py --abandon {name}"
        yield Finding("blocker", "unfinished-run", f"run {name} is unfinished", fix)


def _about_request(site: Site, request: Request) -> Iterator[Finding]:
    """Report requests that this version or platform does not support."""
    if request.level != "app":
        message = (
            f"--{request.level} is not supported: this version rolls back only the application"
        )
        fix = "roll back only the application, after checking the schema yourself"
        yield Finding("blocker", "level-unsupported", message, fix)
    for source in site.sources:
        yield from _unsupported_options(source, request.options)
    if site.environment.protected and not request.reason:
        message = "no --reason given for a protected environment"
        yield Finding("warning", "no-reason", message)


def _unsupported_options(source: Source, options: Sequence[str]) -> Iterator[Finding]:
    """Report options that the platform would ignore: a broken promise in an incident."""
    for option in options:
        if option not in source.platform.OPTIONS:
            message = f"this version does not do --{option} on {source.id}"
            yield Finding("blocker", "option-unsupported", message, f"plan without --{option}")


def _about_health(report: HealthReport) -> Iterator[Finding]:
    if report.verdict == "healthy":
        message = "every health check passes right now: is this rollback needed?"
        yield Finding("warning", "healthy-now", message)
    elif report.verdict == "unknown":
        message = "no health check could run: the result can be proven by read-back only (exit 11)"
        yield Finding("note", "health-unknown", message, "add health urls to the settings")


def _irreversible(plan: Plan, wanted: str) -> Iterator[Finding]:
    """Report irreversible steps unless a person named the target release."""
    final = [step.title for step in plan.steps if step.irreversible]
    if final and wanted == "previous":
        message = f"restore.sh cannot undo this: {'; '.join(final[:3])}"
        fix = "to do it anyway, name the target release: plan.py ENVIRONMENT RELEASE"
        yield Finding("blocker", "irreversible", message, fix)


def _ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    rank = {"blocker": 0, "warning": 1, "note": 2}
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: rank[finding.level]))


def _save(plan: Plan, site: Site, reason: str | None) -> Path:
    """Save the run folder: plan, checkpoint, scripts, question. Remove it on failure."""
    import shutil

    from rollback.records import audit, exclude

    project = Path(plan.project)
    exclude.add(project)
    folder = run.create(project)
    try:
        _write(folder, plan, site)
        run.keep_reason(folder, reason)
        audit.take_over(project)  # journal lines of scripts run by hand since then
        facts = {"environment": plan.environment, "verdict": plan.verdict, "reason": reason or ""}
        audit.record(project, "plan", run=folder.name, **facts)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _write(folder: Path, plan: Plan, site: Site) -> None:
    """Write the files that the digest covers."""
    from rollback.flow import checkpoint
    from rollback.script import question, render

    for source in site.sources:
        if moves := source.moves_of(plan.moves):
            files = source.platform.snapshot(moves, source.shell)
            checkpoint.write(folder, source.component, files)
    run.save_plan(folder, plan)
    render.scripts(plan, folder)
    question.write(plan, folder)
