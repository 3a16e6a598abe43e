"""Is it safe? Images there, data left alone, and this shell and these files are those that the project was deployed with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.model import Command, Finding, Move
from rollback.platforms.docker_compose import (
    candidates,
    definition,
    drift,
    engine,
    git_files,
    git_source,
    local_images,
    neighbours,
    roles,
    sharers,
    volumes,
)
from rollback.platforms.docker_compose.definition import Resolved
from rollback.platforms.docker_compose.drift import Difference
from rollback.platforms.docker_compose.snapshot import source
from rollback.shell import Shell
from rollback.text import clean


def preflight(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    resolved = definition.resolve(moves[0].target.details, source(moves[0], "to"), "to", shell)
    yield from _images(moves, shell)
    yield from _environment(moves, resolved, _missing_files(moves, shell))
    yield from _data(moves)
    yield from _anonymous_volumes(moves)
    yield from _left_alone(moves)
    yield from _mounted_files(moves, resolved, shell)
    yield from neighbours.findings(moves, resolved, shell)
    yield from _downtime(moves)
    yield from _afterwards(moves, shell)


def _images(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    wanted = [
        image for move in moves for image in (move.to.artifact, move.current.artifact) if image
    ]
    gone = local_images.missing(shell, wanted)
    for move in moves:
        if (
            move.to.artifact in gone and move.to.skip != "artifact-gone"
        ):  # else the choice has told it
            fix = "pull or rebuild it (docker pull REPOSITORY@DIGEST, where a registry still has it), or name another release"
            yield Finding(
                "blocker",
                "artifact-gone",
                f"{move.target.app}: image {move.to.artifact} of {move.to.id} is not on this engine",
                fix,
            )
        if move.current.artifact in gone:
            message = f"{move.target.app}: the image that runs now was removed: there would be no way back"
            yield Finding("blocker", "no-way-back", message, "tag or pull that image again first")


def _missing_files(moves: Sequence[Move], shell: Shell) -> list[tuple[str, str]]:
    """Services that move, and env files of their target that git does not have and that are not here either."""
    target = definition.put_together(moves[0].target.details, source(moves[0], "to"), "to", shell)
    moved = (move.target.app for move in moves)
    pairs = [(service, path) for service in moved for path in target.required.get(service, ())]
    return [(service, path) for service, path in pairs if not os.path.exists(path)]


def _environment(
    moves: Sequence[Move], resolved: Resolved, missing: Sequence[tuple[str, str]]
) -> Iterator[Finding]:
    """A shell without the deploy's variables would recreate containers with empty ones."""
    target, differs = moves[0].target, moves[0].current.facts["differs"]
    touched = {move.target.app for move in moves} | sharers.joining(moves).keys()
    yield from _differences(differs, touched)
    known = {} if differs else drift.unset(target, moves[0].current.facts["source"])
    unset = {
        name: users & touched for name, users in drift.unset(target, source(moves[0], "to")).items()
    }
    for name, users in unset.items():
        if name not in known and users:
            message = f"{', '.join(sorted(users))}: variable {name} is not set here"
            yield Finding(
                "blocker", "environment-differs", message, f"export {name}, then plan again"
            )
    for service, path in missing:
        message = f"{service}: its env file {path} is not here"
        yield Finding("blocker", "environment-differs", message, "provide it, then plan again")
    if resolved.problem and not any(unset.values()):
        message = f"the compose files of {moves[0].to.id} cannot be used here: {resolved.problem}"
        yield Finding(
            "blocker",
            "environment-differs",
            message,
            "provide what it asks for, or name another release",
        )


def _differences(differs: Sequence[Difference], touched: set[str]) -> Iterator[Finding]:
    """What these files and this shell would change in containers that a rollback touches."""
    fix = "run this from the shell and folder that deploys it: same variables, same files (settings: files, env_files, profiles)"
    for difference in differs:
        if difference.edited:
            message = f"{difference.service}: {difference}: its variables were edited since it was started"
            yield Finding(
                "warning",
                "environment-changed",
                message,
                "make sure that the older release can use today's values",
            )
        elif not difference.service:
            message = f"the compose files cannot be used here: {difference}"
            yield Finding(
                "blocker", "environment-differs", message, "correct what it names, then plan again"
            )
        elif difference.service in touched:
            message = f"{difference.service}: {difference}, compared with the containers that run"
            yield Finding("blocker", "environment-differs", message, fix)


def _data(moves: Sequence[Move]) -> Iterator[Finding]:
    details = moves[0].target.details
    for move in moves:
        service = move.target.app
        if service in details["stores"]:
            message = f"{service} {details['stores'][service]}: an older image may not read what the newer one has written"
            if service in details["only"]:
                yield Finding(
                    "warning",
                    "stateful-service",
                    message,
                    "restore a backup with the store's own tools if it does not start",
                )
                continue
            fix = f"roll back without it, or list {service} under `services` in the settings if older versions can read its data"
            yield Finding("blocker", "stateful-service", message, fix)


def _anonymous_volumes(moves: Sequence[Move]) -> Iterator[Finding]:
    for service, paths in volumes.blocked(moves).items():
        message = f"{service}: the anonymous volume at {', '.join(paths)} holds files of its image and data written since"
        fix = "give it a name in the compose file (data:PATH) and copy what must stay, then plan again"
        yield Finding("blocker", "anonymous-volume", message, fix)
    for service, mounts in volumes.renewed(moves).items():
        if service not in volumes.blocked(moves):
            message = f"{service}: {', '.join(sorted(mounts))} gets a fresh anonymous volume, filled from the older image"
            yield Finding(
                "warning",
                "anonymous-volume",
                message,
                "restore mounts the old volume again: it is kept until you remove it",
            )


def _left_alone(moves: Sequence[Move]) -> Iterator[Finding]:
    details = moves[0].target.details
    now, to = moves[0].current.facts["all"], moves[0].to.facts["all"]
    for service, why in roles.left_alone(details).items():
        if service in details["jobs"]:
            yield Finding("note", "left-alone", f"{service} stays as it is: it {why}")
        elif to.get(service, now.get(service)) != now.get(service):
            message = f"{service} stays on {_reference(service, moves[0])}: it {why}"
            yield Finding(
                "warning", "left-alone", message, "list it under `services` in the settings"
            )
    moving = candidates.moving(moves[0].target)
    extra = [service for service in moves[0].to.facts.get("lacks", ()) if service in moving]
    if replaced := sharers.replaced(moves):
        message = f"{', '.join(replaced)} is stopped and kept: {moves[0].to.id} has no such service"
        yield Finding("note", "left-alone", message)
    elif extra:
        message = f"{', '.join(extra)} stays on {moves[0].current.id}: {moves[0].to.id} has no such service"
        yield Finding(
            "warning",
            "left-alone",
            message,
            f"docker compose stop {' '.join(extra)}, if it must not run",
        )


def _reference(service: str, move: Move) -> str:
    """What a service runs, as people call it."""
    return str(move.target.details["references"].get(service) or move.current.id)


def _mounted_files(moves: Sequence[Move], resolved: Resolved, shell: Shell) -> Iterator[Finding]:
    """Files of the repository that containers mount: they are today's, whatever image reads them."""
    details, commit = moves[0].target.details, moves[0].to.commit
    paths = _bind_sources(resolved, details) if commit else []
    if not paths:
        return
    known = {
        os.path.relpath(path, details["folder"])
        for path in (*details["files"], *details["env_files"])
    }
    words = (
        "-C",
        details["folder"],
        "diff",
        "--name-only",
        "--relative",
        "-z",
        str(commit),
        "--",
        *paths,
    )
    answer = shell.ask(Command((*git_files.GIT, *words)))
    changed = (
        [path for path in answer.stdout.split("\0") if path and path not in known]
        if answer.status == 0
        else []
    )
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        names = f"{', '.join(clean(path, 60) for path in changed[:3])}{more}"
        message = f"{names} stays on today's content: containers mount it, and it is another in {moves[0].to.id}"
        fix = f"git checkout {moves[0].to.id} -- {' '.join(clean(path, 60) for path in changed[:3])}, then plan again"
        yield Finding("warning", "left-alone", message, fix)


def _bind_sources(resolved: Resolved, details: Mapping[str, Any]) -> list[str]:
    """Paths within the project, relative to its folder."""
    found = set()
    for keys in resolved.services.values():
        for entry in keys.get("volumes") or ():
            if isinstance(entry, dict) and entry.get("type") == "bind":
                relative = os.path.relpath(str(entry.get("source")), details["directory"])
                found.add(relative)
    found |= {os.path.relpath(path, details["directory"]) for path in resolved.handed_in}
    return sorted(path for path in found if not path.startswith(".."))


def _downtime(moves: Sequence[Move]) -> Iterator[Finding]:
    """Compose stops a container before it starts the one that takes its place."""
    running = moves[0].target.details["running"]
    names = [move.target.app for move in moves if running.get(move.target.app)] + list(
        sharers.joining(moves)
    )
    if any(move.target.app in running for move in moves):
        message = f"{', '.join(names[:5])}{' ...' if len(names) > 5 else ''}: each container stops before the new one starts"
        yield Finding("warning", "downtime", message, "requests fail meanwhile: choose the moment")


def _afterwards(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    message = "mounted files, secrets and env files that git does not have are today's; images, compose files and tracked env files go back"
    yield Finding("note", "todays-environment", message)
    env_files = moves[0].target.details["env_files"]
    if env_files != [os.path.join(moves[0].target.details["folder"], ".env")]:
        listed = ", ".join(
            os.path.relpath(path, moves[0].target.details["folder"]) for path in env_files
        )
        yield Finding("note", "env-files", f"variables come from {listed}, as in the deploy")
    if moves[0].to.facts.get("guess"):
        yield Finding(
            "warning",
            "guess",
            f"{moves[0].to.id} is only a local tag: nothing tells that it was ever deployed",
        )
    if git_source.is_shallow(moves[0].target.details, shell):
        fix = "git fetch --unshallow --tags"
        yield Finding(
            "note", "shallow-history", "this clone is shallow: older releases are not in it", fix
        )
    names = engine.read(shell, "ps", "--format", "{{.Image}}").lower().split()
    if any("watchtower" in name or "ouroboros" in name for name in names):
        message = "an image updater runs on this engine and may bring the newer image back"
        yield Finding("warning", "auto-updater", message, "stop it until the fix is out")
