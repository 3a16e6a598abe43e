"""The calls of templates/functions/helm.sh that guards and steps are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollback.model import Command, Move, Release
from rollback.platforms.helm import details, timeouts
from rollback.platforms.helm.client import VARIABLES
from rollback.platforms.helm.manifest import digest
from rollback.platforms.helm.moves import (
    applied,
    salted,
    server_side,
    skips_hooks,
    source,
    target,
)
from rollback.platforms.helm.orphans import created, orphans
from rollback.platforms.helm.storage import Revision


def live_line(move: Move, release: Release) -> str:
    """Return what live_releases prints while `release` serves; the target of a move has to be deployed."""
    revision = details.facts(release).revision
    status = revision.status if release is move.current else "deployed"
    return f"{status} {salted(move, revision)}"


def live_releases(moves: Sequence[Move]) -> Command:
    rows = [word for move in moves for word in _release_row(move)]
    return Command(
        ("live_releases", *_salted_location(moves[0]), *rows), 20 + 10 * len(moves), VARIABLES
    )


def untouched_releases(moves: Sequence[Move]) -> Command:
    """The same, and whether somebody edited the pod templates since the plan was made."""
    rows = [word for move in moves for word in _untouched_row(move)]
    return Command(
        ("untouched_releases", *_salted_location(moves[0]), *rows), 20 + 15 * len(moves), VARIABLES
    )


def roll_back(move: Move, wanted: Revision, waiting: Sequence[str]) -> Command:
    """Roll back to the revision that holds the content of `wanted`, by way of the applied one where that has to come first."""
    seconds = timeouts.of_helm(target(move), details.of(move.target).namespace)
    options = (*waiting, *_options(move, wanted), f"--timeout={seconds}s", "--history-max=0")
    known = (*_salted_location(move), move.target.app, *_known(move, wanted))
    goal = (salted(move, wanted), str(wanted.number), *options)
    timeout = timeouts.of_command(wanted, seconds, not skips_hooks(move))
    before = applied(move)
    if before is source(move) or before.manifest == wanted.manifest:
        return Command(("roll_back", *known, *goal), timeout, VARIABLES)
    by_way_of = (salted(move, before), str(before.number))
    return Command(
        ("roll_back_from", *known, *by_way_of, *goal),
        timeout + timeouts.MARGIN_OF_HELM,
        VARIABLES,
    )


def waiting(move: Move) -> tuple[str, str]:
    """Return the options that make Helm wait for the target.

    Helm 4 waits for a hook that has failed until its time is over, unless it waits as Helm 3 does
    (measured with 4.0.1).
    """
    runs_hooks = (
        "pre-rollback" in target(move).hook_events or "post-rollback" in target(move).hook_events
    )
    is_helm_4 = details.of(move.target).helm.startswith("v4")
    legacy = is_helm_4 and runs_hooks and not skips_hooks(move)
    return ("--wait=legacy" if legacy else "--wait", "--wait-for-jobs")


def orphan_commands(move: Move) -> tuple[Command, Command] | None:
    """Return the commands that delete and list what Helm may forget to delete; None when there is nothing."""
    location = details.of(move.target)
    names = orphans(source(move), target(move), location.namespace)
    if not names:
        return None
    arguments = (location.context, location.namespace, move.target.app, *names)
    delete = Command(("delete_orphans", *arguments), 120, VARIABLES)
    return delete, Command(("orphans", *arguments), 120, VARIABLES)


def _options(move: Move, wanted: Revision) -> list[str]:
    hooks = ["--no-hooks"] if skips_hooks(move) else []
    # Helm 3 overwrites what was edited by hand; Helm 4 on the server would stop there
    force = ["--force-conflicts"] if server_side(move, wanted) else []
    return hooks + force


def _known(move: Move, wanted: Revision) -> tuple[str, str, str]:
    """How the plan saw the release, each content it may have by then, and the objects that may be someone else's."""
    revisions = (source(move), target(move), applied(move))
    contents = dict.fromkeys(salted(move, revision) for revision in revisions)
    new = created(wanted, revisions, details.of(move.target).namespace)
    return live_line(move, move.current), " ".join(contents), " ".join(new)


def _release_row(move: Move) -> tuple[str, ...]:
    """RELEASE STATUS SOURCE TARGET APPLIED."""
    revisions = (source(move), target(move), applied(move))
    hashes = [salted(move, revision) for revision in revisions]
    return (move.target.app, source(move).status, *hashes)


def _untouched_row(move: Move) -> tuple[str, ...]:
    """MOVE and the row of the release, then TEMPLATES WORKLOADS."""
    templates = details.facts(move.current).templates
    text = "\n".join(sorted(filter(None, templates.values())))
    hashed = digest(details.of(move.target).salt, text)
    return (move.id, *_release_row(move), hashed, " ".join(_arguments(templates)))


def _arguments(templates: Mapping[str, str]) -> list[str]:
    """Name the workloads; a namespace's only one twice: kubectl prints a single object without a list around it."""
    namespaces = [name.partition("/")[0] for name in templates]
    arguments: list[str] = []
    for name, namespace in zip(templates, namespaces, strict=True):
        arguments += [name, name] if namespaces.count(namespace) == 1 else [name]
    return arguments


def _salted_location(move: Move) -> tuple[str, str, str]:
    location = details.of(move.target)
    return location.context, location.namespace, location.salt
