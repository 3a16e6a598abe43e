"""The wait between two waves: until every rollout of the first wave is finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.contracts import payload
from rollback.model import Command, Move, Probe, Step
from rollback.platforms._cluster import rollout_template, typed
from rollback.platforms._cluster.kubectl import VARIABLES, kubectl
from rollback.platforms._cluster.workloads import KINDS
from rollback.platforms.kubernetes import on_delete
from rollback.platforms.kubernetes.details import of
from rollback.platforms.kubernetes.live_templates import kinds

_WITHIN = 180.0  # seconds for the pods of a wave


def step(title: str, number: int, wave: Sequence[Move]) -> Step:
    """Return the wait. It has no undo: pods of the release before may never become ready."""
    component, details = wave[0].target.component, of(wave[0].target)
    template = payload(component, file(number))
    output = f"--output=go-template-file={template}"
    at = ("kubectl_at", details.context, details.namespace)
    words = ("wait_until_finished", *at, "get", kinds(wave), output)
    awaited = [of(move.target).key for move in wave if not on_delete.replaces(move)]
    look = kubectl(details, "get", kinds(wave), output)
    return Step(
        f"{component}.wave-{number}.pods",
        title,
        Command(words, 60, VARIABLES, typed.rollouts(details, awaited, _WITHIN)),
        Probe(look, "." * len(wave)),
        wave=2 * number + 1,
        deadline=_WITHIN,
    )


def file(number: int) -> str:
    return f"wave-{number}.rollouts"


def text(wave: Sequence[Move]) -> bytes:
    """Return a Go template that prints a dot for each workload whose rollout is finished.

    It prints the name of any other, with ! where waiting will not help.
    """
    return "".join(["{{range .items}}", *_of_kinds(wave), "{{end}}"]).encode()


def _of_kinds(wave: Sequence[Move]) -> Iterator[str]:
    for kind in KINDS:
        uids = [of(move.target).uid for move in wave if of(move.target).kind == kind]
        if uids:
            quoted = " ".join(f'"{uid}"' for uid in uids)
            yield f"{{{{if eq .metadata.uid {quoted}}}}}{rollout_template.state(kind)}{{{{end}}}}"
