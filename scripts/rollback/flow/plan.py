"""What exactly would happen, and is it safe? Decides everything before anything is touched, and saves it with its way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from rollback import VERSION
from rollback.records import run
from rollback.clock import now
from rollback.flow import checkpoint, choose, detect, health, history, taken_back
from rollback.model import Finding, HealthReport, Move, Plan, Release, Step, TakenBack, Target
from rollback.settings.project import git_trouble

VALID = 3600  # seconds: long enough for a second pair of eyes; compare and swap guards the rest


class Request(Struct, frozen=True):
    """What was asked for, in the words of the command line."""

    project: Path
    environment: str | None = None
    wanted: str = "previous"
    level: str = "app"
    apps: tuple[str, ...] = ()
    refresh: bool = False
    dry_run: bool = False
    reason: str | None = None
    options: tuple[str, ...] = ()  # switches that belong to one platform


class Planned(Struct, frozen=True):
    plan: Plan
    run: Path | None = None


def make(request: Request) -> Planned:
    """Read, decide, check, save. Raises what the readers raise; a plan that may not run is an answer, not an error."""
    where = history.place(request.project, request.environment, request.refresh, request.options)
    if request.refresh:
        history.forget(request.project)
    request = replace(request, apps=history.limit(where, request.apps))
    found = history.read(where, request.apps)
    decided = _decide(found, request)
    if decided.plan.verdict != "ready":
        return decided
    moves = decided.plan.moves
    findings = [*decided.plan.findings, *_findings(found, moves, request)]
    report = health.look(where.environment, moves, where.shell, "before")
    steps = tuple(where.adapter.steps(moves))
    findings += [*_about_health(report), *_irreversible(steps, request.wanted)]
    blocked = any(finding.level == "blocker" for finding in findings)
    plan = replace(
        decided.plan,
        verdict="blocked" if blocked else "dry-run" if request.dry_run else "ready",
        findings=_ordered(findings),
        health=report,
        guards=tuple(where.adapter.guards(moves)),
        steps=steps,
        taken_back=taken_back.commits(request.project, moves),
        follow_up=tuple(
            taken_back.comes_back(
                request.project, [one.path for one in where.environment.evidence], moves
            )
        ),
    )
    return _save(plan, where, request.reason)


def _decide(found: history.History, request: Request) -> Planned:
    """Choose for every target; the verdict is ready, already, choose or nothing."""
    choices = [choose.choose(releases, request.wanted) for releases in found.releases]
    ambiguous = [choice for choice in choices if _must_ask(choice, request.wanted)]
    if ambiguous:
        return Planned(
            _plan(found, request, "choose", findings=[_question(choice) for choice in ambiguous])
        )
    findings = [finding for choice in choices for finding in choice.findings]
    moves: list[Move] = []
    for target, releases, choice in zip(found.targets, found.releases, choices, strict=True):
        if choice.to is None:
            findings.append(_nothing(target.app, choice, releases))
        else:
            moves += _moves(found.place, target, releases, choice)
    moves = _only(moves, found, request.apps)
    if moves:
        return Planned(_plan(found, request, "ready", moves, findings))
    if any(choice.to is not None for choice in choices):
        return Planned(
            _plan(found, request, "already", findings=[*_quiet(findings), _already(found)])
        )
    return Planned(
        _plan(
            found,
            request,
            "nothing",
            findings=[replace(finding, level="blocker") for finding in findings],
        )
    )


def _moves(
    where: history.Place, target: Target, releases: Sequence[Release], choice: choose.Choice
) -> list[Move]:
    """The parts that do not serve the chosen release yet: also when others (hosts that disagree) do."""
    assert choice.to is not None
    bare = where.adapter.bare(releases)
    parts = where.adapter.moves(target, choose.live(releases), choice.to)
    return [
        replace(move, bare=bare, skipped=choice.skipped)
        for move in parts
        if move.current.id != move.to.id
    ]


def _only(moves: list[Move], found: history.History, apps: Sequence[str]) -> list[Move]:
    """With --app: those targets, or those parts of a target. Raises Usage (unknown-app)."""
    history.refuse_unknown(apps, found, [move.target.app for move in moves])
    if not apps or any(target.app in apps for target in found.targets):
        return moves
    return [move for move in moves if move.target.app in apps]


def _must_ask(choice: choose.Choice, wanted: str) -> bool:
    guessed = choice.to is not None and wanted == "previous" and choice.to.facts.get("guess")
    return bool(guessed) or (choice.to is None and bool(choice.options))


def _question(choice: choose.Choice) -> Finding:
    dated = (
        (choose.label(one), one.deployed_at or (one.made_at and f"made {one.made_at}"))
        for one in choice.options[:5]
    )
    options = "; ".join(f"{label} ({at})" if at else label for label, at in dated)
    return Finding("blocker", "choose", f"which release? {options}", "name one by its id")


def _nothing(app: str, choice: choose.Choice, releases: Sequence[Release]) -> Finding:
    why = "; ".join(f"{one.release}: {one.reason}" for one in choice.skipped[:5]) or choose.oldest(
        releases
    )
    return Finding(
        "warning",
        "nothing-to-roll-back-to",
        f"{app}: nothing to roll back to ({why})",
        "name a skipped release to insist on it",
    )


def _already(found: history.History) -> Finding:
    serving = ", ".join(
        f"{target.app} {choose.label(choose.live(rows))}"
        for target, rows in zip(found.targets, found.releases, strict=True)
    )
    return Finding("note", "already-at-target", f"already there: {serving}")


def _quiet(findings: Sequence[Finding]) -> list[Finding]:
    """Doubts about a release that already serves would only confuse."""
    return [
        finding
        for finding in findings
        if finding.code in ("nothing-to-roll-back-to", "assumed-environment")
    ]


def _plan(
    found: history.History,
    request: Request,
    verdict: str,
    moves: Sequence[Move] = (),
    findings: Sequence[Finding] = (),
) -> Plan:
    environment = found.place.environment
    return Plan(
        verdict=verdict,
        created_at=now(),
        expires_at=now(VALID),
        level=request.level,  # type: ignore[arg-type]
        environment=environment.name,
        protected=environment.protected,
        project=str(request.project),
        platform=found.place.id,
        moves=tuple(moves),
        findings=_ordered([*findings, *found.place.findings]),
        taken_back=TakenBack(),
        health=HealthReport("unknown"),
        version=VERSION,
    )


def _findings(found: history.History, moves: Sequence[Move], request: Request) -> list[Finding]:
    where, detected = found.place, detect.run(request.project)
    findings = [*where.adapter.preflight(moves, where.shell)]
    findings += taken_back.migrations(
        request.project, moves, [one.dir for one in detected.migrations]
    )
    if request.level != "app":
        fix = "roll the application back alone, after checking the schema yourself"
        message = f"this version cannot roll back the level --{request.level}, only the application"
        findings.append(Finding("blocker", "level-unsupported", message, fix))
    able = getattr(where.adapter, "OPTIONS", ())
    for option in (
        one for one in request.options if one not in able
    ):  # accepted and ignored would be a promise broken at the worst moment
        findings.append(
            Finding(
                "blocker",
                "option-unsupported",
                f"this version does not do --{option} on {where.id}",
                f"plan without --{option}",
            )
        )
    if where.environment.protected and not request.reason:
        findings.append(
            Finding("warning", "no-reason", "no --reason given for a protected environment")
        )
    if (trouble := git_trouble(request.project)) is not None:
        findings.append(trouble)
    if open_run := run.unfinished(request.project):
        fix = f"resume: execute.py {open_run.name}; take back: restore.py {open_run.name}; close: plan.py --abandon {open_run.name}"
        findings.append(
            Finding("blocker", "unfinished-run", f"run {open_run.name} is unfinished", fix)
        )
    return findings


def _about_health(report: HealthReport) -> list[Finding]:
    if report.verdict == "healthy":
        return [
            Finding(
                "warning",
                "healthy-now",
                "every health check passes right now: is this rollback needed?",
            )
        ]
    if report.verdict == "unknown":
        fix = "add health urls to the settings"
        return [
            Finding(
                "note",
                "health-unknown",
                "no health check could run: the result can be proven by read-back only (exit 11)",
                fix,
            )
        ]
    return []


def _irreversible(steps: Sequence[Step], wanted: str) -> Iterator[Finding]:
    """What has no way back is done only for a release that a person named."""
    if wanted == "previous" and (final := [step.title for step in steps if step.irreversible]):
        fix = "name the release that it goes to (plan.py ENVIRONMENT RELEASE) if it has to be"
        yield Finding(
            "blocker",
            "irreversible",
            f"restore.sh cannot take this back: {'; '.join(final[:3])}",
            fix,
        )


def _ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    rank = {"blocker": 0, "warning": 1, "note": 2}
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: rank[finding.level]))


def _save(plan: Plan, where: history.Place, reason: str | None) -> Planned:
    """One run folder: plan, checkpoint, both scripts. A half-made one is removed."""
    import shutil

    from rollback.records import audit
    from rollback.records import exclude
    from rollback.script import render

    exclude.add(Path(plan.project))
    folder = run.create(Path(plan.project))
    try:
        checkpoint.write(folder, where.adapter.snapshot(plan.moves, where.shell))
        run.save_plan(folder, plan)
        render.scripts(plan, folder)
        run.keep_reason(folder, reason)
        audit.take_over(Path(plan.project))  # what scripts run by hand did since
        audit.record(
            Path(plan.project),
            "plan",
            run=folder.name,
            environment=plan.environment,
            verdict=plan.verdict,
            reason=reason or "",
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Planned(plan, folder)
