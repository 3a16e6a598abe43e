"""Is it safe? Images there, data left alone, and this shell and these files are those that the project was deployed with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.docker_compose import candidates, drift, engine, local_images, payload, services
from rollback.shell import Shell


def preflight(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    yield from _images(moves, shell)
    yield from _environment(moves)
    yield from _data(moves)
    yield from _left_alone(moves)
    yield from _downtime(moves)
    yield from _afterwards(moves, shell)


def _images(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    gone = local_images.missing(shell, [move.to.artifact or "" for move in moves] + [move.current.artifact or "" for move in moves])
    for move in moves:
        if move.to.artifact in gone and move.to.skip != "artifact-gone":  # else the choice has told it
            fix = "pull or rebuild it (docker pull REPOSITORY@DIGEST, where a registry still has it), or name another release"
            yield Finding("blocker", "artifact-gone", f"{move.target.app}: image {move.to.artifact} of {move.to.id} is not on this engine", fix)
        if move.current.artifact in gone:
            message = f"{move.target.app}: the image that runs now was removed: there would be no way back"
            yield Finding("blocker", "no-way-back", message, "tag or pull that image again first")


def _environment(moves: Sequence[Move]) -> Iterator[Finding]:
    """A shell without the deploy's variables would recreate containers with empty ones."""
    target, current = moves[0].target, moves[0].current
    fix = "run this from the shell and folder that deploys it: same variables, same files (settings: files, env_files, profiles)"
    going = {move.target.app for move in moves}
    for service, what in current.facts["differs"].items():
        if service in going or not service:
            message = f"{service or 'all services'}: {what}, compared with the containers that run"
            yield Finding("blocker", "environment-differs", message, fix)
    known = drift.unset(target, current.facts["source"]) if not current.facts["differs"] else {}
    for name, users in drift.unset(target, payload.source(moves[0], "to")).items():
        if name not in known and users & going:
            message = f"{', '.join(sorted(users))}: variable {name} is not set here"
            yield Finding("blocker", "environment-differs", message, f"export {name}, then plan again")


def _data(moves: Sequence[Move]) -> Iterator[Finding]:
    details = moves[0].target.details
    for move in moves:
        if move.target.app in details["stores"]:
            message = f"{move.target.app} keeps data: an older image may not read what the newer one has written"
            yield Finding("blocker", "stateful-service", message, "roll back without it, or restore a backup with the store's own tools")
        elif move.target.app in details["volumes"] and move.target.app not in details["only"]:
            message = f"{move.target.app} keeps data in a named volume, which would not go back with it"
            yield Finding("blocker", "stateful-service", message, "if older versions can read that volume, list it under `services` in the settings")


def _left_alone(moves: Sequence[Move]) -> Iterator[Finding]:
    now, to = moves[0].current.facts["all"], moves[0].to.facts["all"]
    for service, why in services.left_alone(moves[0].target.details).items():
        if to.get(service, now.get(service)) != now.get(service):
            yield Finding("note", "left-alone", f"{service} stays as it is: it {why}")
    wanted = set(payload.source(moves[0], "to").services())
    extra = sorted(service for service in candidates.moving(moves[0].target) if service not in wanted)
    if extra:
        message = f"{moves[0].to.id} has no service {', '.join(extra)}: left running"
        yield Finding("warning", "not-in-release", message, "stop it yourself if it must not run")


def _downtime(moves: Sequence[Move]) -> Iterator[Finding]:
    """Compose stops a container before it starts the one that takes its place."""
    running = moves[0].target.details["running"]
    if names := [move.target.app for move in moves if running.get(move.target.app)]:
        message = f"{', '.join(names[:5])}{' ...' if len(names) > 5 else ''}: each container stops before the new one starts"
        yield Finding("warning", "downtime", message, "requests fail meanwhile: choose the moment")


def _afterwards(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    yield Finding("note", "todays-environment", ".env, env files and bind mounts are today's; only images and compose files go back")
    if moves[0].to.facts.get("guess"):
        yield Finding("warning", "guess", f"{moves[0].to.id} is only a local tag: nothing tells that it was ever deployed")
    names = engine.read(shell, "ps", "--format", "{{.Image}}").lower().split()
    if any("watchtower" in name or "ouroboros" in name for name in names):
        message = "an image updater runs on this engine and may bring the newer image back"
        yield Finding("warning", "auto-updater", message, "stop it until the fix is out")
