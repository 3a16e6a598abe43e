"""Whether the images of the target are still in their registry, for nodes that must pull them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.model import Finding, Move
from rollback.platforms.kubernetes.details import after, facts, of
from rollback.probes import container_registry

MOST = 20  # images: each costs a request
_CODE = "artifact-gone"


def ask(moves: Sequence[Move]) -> dict[str, bool | None]:
    """Return image -> whether it is in its registry, None where the registry does not say."""
    return container_registry.ask(
        [image for move in moves for image in _pulled(after(move))][:MOST]
    )


def findings(moves: Sequence[Move], in_registry: Mapping[str, bool | None]) -> Iterator[Finding]:
    for move in moves:
        for image in _pulled(after(move)):
            if in_registry.get(image, True) is False:
                yield _gone(move, image)
    if unknown := sorted(image for image, exists in in_registry.items() if exists is None):
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        message = (
            f"the registry did not say whether it has {unknown[0]}{more}"
            " (no login, no connection, or no registry)"
        )
        yield Finding("note", "image-unknown", message)


def _gone(move: Move, image: str) -> Finding:
    revision = f"revision {move.to.id} of {of(move.target).key}"
    message = f"{revision} needs image {image}, which its registry no longer has"
    if facts(move.to).revision.available:  # a node that has it need not pull
        message += "; its pods are running, but no other node can start one"
        return Finding("warning", _CODE, message, "push it again")
    return Finding("blocker", _CODE, message, "push it again, or name a release whose image exists")


def _pulled(template: Mapping[str, Any]) -> list[str]:
    spec = template.get("spec") or {}
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    images = [
        container.get("image")
        for container in containers
        if container.get("imagePullPolicy") != "Never"
    ]
    return list(dict.fromkeys(image for image in images if image))
