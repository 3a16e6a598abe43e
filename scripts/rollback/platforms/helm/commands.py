"""The calls of templates/functions/helm.sh that guards and steps are made of."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from rollback.model import Command, Move, Release
from rollback.platforms._cluster import typed
from rollback.platforms.helm import details, timeouts
from rollback.platforms.helm.client import VARIABLES
from rollback.platforms.helm.manifest import digest, listed_twice, objects_or_none
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
    """Return what live_release prints while `release` serves; a target has to be deployed."""
    revision = details.facts(release).revision
    status = revision.status if release is move.current else "deployed"
    return f"{status} {salted(move, revision)}"


def live_release(move: Move) -> Command:
    return Command(("live_release", *_options(_planned(move))), 30, VARIABLES)


def untouched_release(move: Move, releases: int) -> Command:
    """Also report whether somebody edited the pod templates since the plan was made.

    `releases`: how many of them are read at the same time.
    """
    options = _options(_planned(move) | _templates(move))
    return Command(("live_release", *options), 20 + 15 * releases, VARIABLES)


def roll_back(move: Move, wanted: Revision, waiting: Sequence[str]) -> Command:
    """Roll back to the content of `wanted`, by way of the applied one where that comes first."""
    seconds = timeouts.of_helm(target(move), details.of(move.target).namespace)
    timeout = timeouts.of_command(wanted, seconds, not skips_hooks(move))
    helm = (*waiting, *_helm_options(move, wanted), f"--timeout={seconds}s", "--history-max=0")
    goal = _options(_goal(move, wanted) | {"options": " ".join(helm)} | _planned(move))
    before = applied(move)
    if before is source(move) or before.manifest == wanted.manifest:
        return Command(("roll_back", *goal), timeout, VARIABLES, _by_hand(move, wanted, helm))
    by_way_of = ("--from", salted(move, before), "--from-revision", str(before.number))
    longer = timeout + timeouts.MARGIN_OF_HELM
    twice = f"{_by_hand(move, before, ())} && {_by_hand(move, wanted, helm)}"
    return Command(("roll_back_from", *by_way_of, *goal), longer, VARIABLES, twice)


def _by_hand(move: Move, wanted: Revision, options: Sequence[str]) -> str:
    location = details.of(move.target)
    context = ("--kube-context", location.context) if location.context else ()
    words = ("helm", "rollback", move.target.app, str(wanted.number))
    return shlex.join((*words, "--namespace", location.namespace, *context, *options))


def waiting(move: Move) -> tuple[str, ...]:
    """Return the options that make Helm wait: only where hooks run, which need what it waits for.

    Without them the pods are this project's own step. Helm 4 waits for a hook that has failed
    until its time is over, unless it waits as Helm 3 does (measured with 4.0.1).
    """
    hooks = [] if skips_hooks(move) else target(move).hook_events
    if _may_never_be_ready(move) or not {"pre-rollback", "post-rollback"} & set(hooks):
        return ()
    if details.of(move.target).helm.startswith("v4"):
        return ("--wait=legacy",)
    return ("--wait",) if "post-rollback" in hooks else ()


def _may_never_be_ready(move: Move) -> bool:
    """True with a LoadBalancer, which may never get its address, or a claim nobody uses yet."""
    manifest = objects_or_none(target(move).manifest, details.of(move.target).namespace)
    return any(
        key.kind == "PersistentVolumeClaim"
        or (key.kind == "Service" and (object.get("spec") or {}).get("type") == "LoadBalancer")
        for key, object in manifest.items()
    )


def orphan_commands(move: Move) -> tuple[Command, Command] | None:
    """Return the commands that delete and list what Helm may forget to delete, if anything."""
    names = orphans(source(move), target(move), details.of(move.target).namespace)
    if not names:
        return None
    options = _options(_release(move) | {"objects": " ".join(names)})
    by_hand = typed.delete_of_release(details.of(move.target), move.target.app, names)
    delete = Command(("delete_orphans", *options), 120, VARIABLES, by_hand)
    return delete, Command(("orphans", *options), 120, VARIABLES)


def _options(values: Mapping[str, str]) -> list[str]:
    """Name each value, as read_options of the script expects; the empty ones are its defaults."""
    return [word for name, value in values.items() if value for word in (f"--{name}", value)]


def _release(move: Move) -> dict[str, str]:
    location = details.of(move.target)
    return {
        "release": move.target.app,
        "context": location.context,
        "namespace": location.namespace,
    }


def _planned(move: Move) -> dict[str, str]:
    """Return the release, its status and contents as the plan saw them."""
    return _release(move) | {
        "salt": details.of(move.target).salt,
        "status": source(move).status,
        "source": salted(move, source(move)),
        "target": salted(move, target(move)),
        "applied": salted(move, applied(move)),
    }


def _templates(move: Move) -> dict[str, str]:
    templates = details.facts(move.current).templates
    if not templates:
        return {}
    text = "\n".join(sorted(filter(None, templates.values())))
    return {
        "move": move.id,
        "templates": digest(details.of(move.target).salt, text),
        "workloads": " ".join(listed_twice(list(templates))),
    }


def _goal(move: Move, wanted: Revision) -> dict[str, str]:
    """Return the revision, its content, and its objects that may be someone else's."""
    known = (source(move), target(move), applied(move))
    new = created(wanted, known, details.of(move.target).namespace)
    return {
        "release": move.target.app,
        "revision": str(wanted.number),
        "content": salted(move, wanted),
        "new": " ".join(new),
    }


def _helm_options(move: Move, wanted: Revision) -> list[str]:
    hooks = ["--no-hooks"] if skips_hooks(move) else []
    # Helm 3 overwrites what was edited by hand; Helm 4 on the server would stop there
    force = ["--force-conflicts"] if server_side(move, wanted) else []
    return hooks + force
