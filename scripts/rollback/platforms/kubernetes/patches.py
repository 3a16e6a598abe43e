"""Changes as JSON patches, which the server refuses when the template has changed since."""

from __future__ import annotations

from typing import Any

from rollback.contracts import payload
from rollback.model import Command, Move, Release, Step, Undo
from rollback.platforms._cluster import typed
from rollback.platforms._cluster.content import printed
from rollback.platforms._cluster.kubectl import VARIABLES
from rollback.platforms._cluster.revisions import CAUSE, ROLLED_BACK
from rollback.platforms.kubernetes.details import after, before, facts, of
from rollback.platforms.kubernetes.live_templates import proof

Patch = list[dict[str, Any]]
ANNOTATION = "/metadata/annotations/" + CAUSE.replace("/", "~1")
_LONGEST_CAUSE = 1000  # characters: all annotations of an object together have a limit


def step(move: Move, wave: int) -> Step:
    """Return the change of one workload."""
    key = of(move.target).key
    return Step(
        f"{move.id}.switch",
        f"Roll {key} back from revision {move.current.label} to {move.to.label}",
        _command(move, "patch"),
        proof(move, after(move)),
        Undo(
            f"Roll {key} forward to revision {move.current.label} again",
            _command(move, "undo"),
            proof(move, before(move)),
        ),
        moves=(move.id,),
        wave=wave,
        deadline=60,
        guarded=True,
    )


def payloads(move: Move) -> dict[str, bytes]:
    """Return the patch and its reverse."""
    return {
        f"{stem(move)}.patch.json": text(forward(move)).encode(),
        f"{stem(move)}.undo.json": text(reverse(move)).encode(),
    }


def forward(move: Move) -> Patch:
    return _patch(move, before(move), after(move), _cause(move.to, move.current))


def reverse(move: Move) -> Patch:
    return _patch(move, after(move), before(move), _cause(move.current, move.to))


def stem(move: Move) -> str:
    """Return the stem of the names of its files."""
    details = of(move.target)
    return f"{details.kind}.{details.name}"


def _patch(move: Move, template_before: Any, template_after: Any, cause: str) -> Patch:
    """Return a patch that the server refuses for another template or a recreated object.

    Scaling or an annotation in the meantime does no harm.
    """
    patch = [
        {"op": "test", "path": "/metadata/uid", "value": of(move.target).uid},
        {"op": "test", "path": "/spec/template", "value": template_before},
        {"op": "replace", "path": "/spec/template", "value": template_after},
    ]
    # below annotations that do not exist nothing can be added
    if facts(move.current).workload.meta.get("annotations"):
        patch.append({"op": "add", "path": ANNOTATION, "value": cause})
    return patch


def _command(move: Move, which: str) -> Command:
    details = of(move.target)
    file = payload(move.target.component, f"{stem(move)}.{which}.json")
    words = (details.context, details.namespace, details.kind, details.name, file, details.salt)
    change = ("patch", details.kind, details.name, "--type", "json", "--patch-file", file)
    return Command(("patch_template", *words), 60, VARIABLES, typed.line(details, *change))


def _cause(to: Release, replaced: Release) -> str:
    """Return the change-cause; the original stays in front, as it may link this revision."""
    cause = facts(to).revision.cause[:_LONGEST_CAUSE]
    return f"{cause} {ROLLED_BACK}{replaced.id})".strip()


def text(patch: Patch) -> str:
    """Return the patch as a line."""
    return f"{printed(patch)}\n"
