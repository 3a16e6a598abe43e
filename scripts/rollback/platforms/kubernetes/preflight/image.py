"""Are the images of the target still in their registry? A node that has to pull one could not start it otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.model import Finding, Move
from rollback.platforms.kubernetes.change import wanted
from rollback.probes import registry

MOST = 20  # images: each costs a request


def ask(moves: Sequence[Move]) -> dict[str, bool | None]:
    return registry.ask([image for move in moves for image in _pulled(wanted(move))][:MOST])


def findings(moves: Sequence[Move], known: Mapping[str, bool | None]) -> Iterator[Finding]:
    for move in moves:
        for image in _pulled(wanted(move)):
            if known.get(image, True) is False:
                yield _gone(move, image)
    if unknown := sorted(image for image, there in known.items() if there is None):
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        message = f"the registry did not say whether {unknown[0]}{more} is there (no login, no connection, or no registry)"
        yield Finding("note", "image-unknown", message)


def _gone(move: Move, image: str) -> Finding:
    revision, key = (
        move.to.facts["revision"],
        f"{move.target.details['kind']}/{move.target.details['name']}",
    )
    message = (
        f"revision {move.to.id} of {key} needs image {image}, which its registry no longer has"
    )
    if revision.available:  # a node that has it need not pull
        return Finding(
            "warning",
            "artifact-gone",
            f"{message}; pods of it run, but no other node can start one",
            "push it again",
        )
    return Finding(
        "blocker", "artifact-gone", message, "push it again, or name a release whose image is there"
    )


def _pulled(template: Mapping[str, Any]) -> list[str]:
    spec = template.get("spec") or {}
    found = [
        one
        for part in ("initContainers", "containers")
        for one in spec.get(part) or ()
        if one.get("imagePullPolicy") != "Never"
    ]
    return list(dict.fromkeys(one["image"] for one in found if one.get("image")))
