"""What speaks against a rollback: a deploy under way, code that is gone, config that changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms._hosted import commands
from rollback.platforms.heroku import client, config_vars, details, readings
from rollback.platforms.heroku.readings import Reading
from rollback.shell import Shell
from rollback.text import clean

_MOST = 8  # names in one message
_CLOSED = {
    "slug": "the target's slug (its release command, its stack)",
    "builds": "builds (one may be running)",
    "addons": "add-ons (whose variables may vanish)",
    "attachments": "add-on attachments",
    "coupling": "the pipeline",
}


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    """Report findings. Raises Unreadable."""
    for move in moves:
        yield from judged(move, readings.of(move, shell))


def judged(move: Move, reading: Reading) -> Iterator[Finding]:
    yield from _closed(move, reading)
    yield from _in_flight(move, reading)
    yield from _code(move, reading)
    yield from _config(move, reading)
    if reading.app.maintenance:
        message = f"{move.target.app} is in maintenance mode, and a rollback leaves it there"
        fix = f"heroku maintenance:off --app {move.target.app}"
        yield Finding("note", "maintenance", message, fix)
    if reading.coupling:
        message = (
            f"{move.target.app} is in stage {clean(reading.coupling.stage, 30)} of a pipeline: "
            f"its next promotion or automatic deploy releases over the rollback"
        )
        fix = "until the fix is in, promote nothing, and disable automatic deploys if there are any"
        yield Finding("note", "auto-deploy", message, fix)


def _closed(move: Move, reading: Reading) -> Iterator[Finding]:
    """Yield what may not be read: of it nothing is known, and nothing else says so."""
    if names := [text for name, text in _CLOSED.items() if name in reading.closed]:
        message = f"this account may not read {_listed(names)} of {move.target.app}"
        fix = "plan with an account that may, or look at them yourself before you approve"
        yield Finding("warning", "not-read", message, fix)


def _in_flight(move: Move, reading: Reading) -> Iterator[Finding]:
    app, fix = move.target.app, "wait for its end, then plan again"
    live = next((row.version for row in reading.releases if row.current), 0)
    for row in reading.releases:
        if row.status == "pending" and row.version > live:
            message = f"v{row.version} of {app} is being released ({clean(row.description, 60)})"
            yield (
                _dead(message) if row.dead else Finding("blocker", "deploy-in-flight", message, fix)
            )
    for build in reading.builds:
        if build.status == "pending":
            message = f"a build of {app} is running, and would be released over the rollback"
            dead = client.dead_since(build.created_at)
            yield _dead(message) if dead else Finding("blocker", "deploy-in-flight", message, fix)


def _dead(message: str) -> Finding:
    told = f"{message}; it has not ended for more than a day: taken for dead"
    fix = "if Heroku refuses the rollback for it, ask their support to end it"
    return Finding("warning", "deploy-stuck", told, fix)


def _code(move: Move, reading: Reading) -> Iterator[Finding]:
    goal, app = details.sides(move)[1], move.target.app
    if not reading.has_slug or "slug" in reading.closed:
        return  # of an image, whose registry is Heroku's own, the API tells nothing
    if reading.slug is None or reading.slug.deleted_at:
        message = f"the slug of {goal.names[0]} of {app} is gone"
        yield Finding("blocker", "artifact-gone", message, "name another release")
        return
    yield from _stack(move, reading.app.stack.name, reading.slug.stack.name)
    if command := reading.slug.process_types.get("release"):
        message = (
            f"Heroku runs the release command of {goal.names[0]} again, on today's database: "
            f"{clean(commands.masked(command), 80)}. If it fails, {move.current.id} keeps serving"
        )
        fix = "make sure that this command succeeds on the newer schema"
        yield Finding("warning", "release-phase-runs", message, fix)


def _stack(move: Move, now: str, then: str) -> Iterator[Finding]:
    if now and then and now != then:
        goal, app = details.sides(move)[1].names[0], move.target.app
        message = (
            f"{goal} of {app} was built for the stack {clean(then, 30)}, and runs on it again; "
            f"now it is {clean(now, 30)}"
        )
        fix = f"make sure that Heroku still supports {clean(then, 30)}: heroku stack --app {app}"
        yield Finding("warning", "stack-changes", message, fix)


def _config(move: Move, reading: Reading) -> Iterator[Finding]:
    goal, app = details.sides(move)[1].names[0], move.target.app
    if not reading.config_known:
        message = f"the config vars of {goal} of {app} cannot be read: what changes is not known"
        yield Finding("warning", "config-changes", message, f"heroku releases:info {goal}")
        return
    differs = config_vars.difference(reading.now, reading.then)
    of_addons = _addon_variables(reading)
    if vanishing := [name for name in differs.removed if name in of_addons]:
        message = f"{goal} of {app} is older than an add-on: it has no {_listed(vanishing)}"
        fix = "name a release made since the add-on was attached, or deploy the old code with git"
        yield Finding("blocker", "config-would-vanish", message, fix)
    kept = _kept_by_addons(reading)
    if outdated := [name for name in differs.changed if name in kept]:
        message = (
            f"{goal} of {app} has an older {_listed(outdated)}: the add-on has changed it since "
            "(another password, or another database)"
        )
        fix = "name a release made since then, or deploy the old code with git"
        yield Finding("blocker", "config-outdated", message, fix)
    yield from _changes(move, differs, {*vanishing, *outdated})


def _changes(move: Move, differs: config_vars.Difference, told: set[str]) -> Iterator[Finding]:
    rows = {
        "changed": [name for name in differs.changed if name not in told],
        "back": differs.added,
        "dropped": [name for name in differs.removed if name not in told],
    }
    parts = [f"{word}: {_listed(names)}" for word, names in rows.items() if names]
    if not parts:
        return
    goal = details.sides(move)[1].names[0]
    message = f"config vars go back to {goal} as well, rotated secrets too; {'; '.join(parts)}"
    fix = f"set what must stay again afterwards: heroku config:set --app {move.target.app}"
    yield Finding("warning", "config-changes", message, fix)


def _kept_by_addons(reading: Reading) -> set[str]:
    """Return the variables whose value is an add-on's to choose: what it was before is no use."""
    own = {name for addon in reading.addons for name in addon.config_vars}
    return own | {f"{attachment.name}_URL" for attachment in reading.attachments}


def _addon_variables(reading: Reading) -> set[str]:
    """Return the variables of add-ons: their own, and those named like an attachment."""
    names = {name for addon in reading.addons for name in addon.config_vars}
    attached = {attachment.name for attachment in reading.attachments if attachment.name}
    every = reading.now.keys()
    return names | {
        name for name in every for it in attached if name == it or name.startswith(f"{it}_")
    }


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(clean(name, 60) for name in names[:_MOST]) + more
