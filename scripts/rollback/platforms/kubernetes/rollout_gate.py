"""The wait between two waves: until every rollout of the first wave is finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.contracts import payload
from rollback.model import Command, Move, Probe, Step
from rollback.platforms._cluster.kubectl import VARIABLES, kubectl
from rollback.platforms.kubernetes.details import of
from rollback.platforms.kubernetes.live_templates import kinds

_WITHIN = 180.0  # seconds for the pods of a wave
# its controller has seen the new template
_SEEN = "(ge .status.observedGeneration .metadata.generation)"
# the desired number of pods, and the counts that have to equal it
_FINISHED = {
    "deployment": (
        "spec.replicas",
        "status.updatedReplicas",
        "status.replicas",
        "status.availableReplicas",
    ),
    "statefulset": ("spec.replicas", "status.availableReplicas"),
    "daemonset": (
        "status.desiredNumberScheduled",
        "status.updatedNumberScheduled",
        "status.numberAvailable",
    ),
}
# its controller waits no longer; before it has seen the new template it reports the rollout before
_FAILED = (
    "{{range .status.conditions}}"
    '{{if and (eq .type "Progressing") (eq .status "False")}}!{{end}}'
    "{{end}}"
)
_GIVEN_UP = "{{if " + _SEEN + "}}" + _FAILED + "{{end}}"
# pods below the partition stay as they are
# a template cannot add numbers, but it can join blanks and count them
_PARTITION = "(or .spec.updateStrategy.rollingUpdate.partition 0)"
_BLANKS = f'(printf "%*s%*s" (or .status.updatedReplicas 0) "" {_PARTITION} "")'
_ALL_UPDATED = f" (ge (len {_BLANKS}) .spec.replicas)"
# no pod is replaced before somebody deletes it: nothing to wait for
_ON_DELETE = '{{else if eq .spec.updateStrategy.type "OnDelete"}}.'


def step(title: str, number: int, wave: Sequence[Move]) -> Step:
    """Return the wait. It has no undo: pods of the release before may never become ready."""
    component, details = wave[0].target.component, of(wave[0].target)
    template = payload(component, file(number))
    words = ("wait_for_pods", details.context, details.namespace, kinds(wave), template)
    look = kubectl(details, "get", kinds(wave), f"--output=go-template-file={template}")
    return Step(
        f"{component}.wave-{number}.pods",
        title,
        Command(words, 60, VARIABLES),
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
    for kind, (desired, *reached) in _FINISHED.items():
        uids = [of(move.target).uid for move in wave if of(move.target).kind == kind]
        if not uids:
            continue
        # `print` because the server leaves out a count of none
        equal = " ".join(f"(eq (print .{desired}) (print .{count}))" for count in reached)
        if kind == "statefulset":
            equal += _ALL_UPDATED
        quoted = " ".join(f'"{uid}"' for uid in uids)
        yield f"{{{{if eq .metadata.uid {quoted}}}}}"
        yield f"{{{{if not .{desired}}}}}."
        yield "" if kind == "deployment" else _ON_DELETE
        yield f"{{{{else if and {_SEEN} {equal}}}}}."
        yield f"{{{{else}}}} {kind}/{{{{.metadata.name}}}}{_GIVEN_UP} {{{{end}}}}"
        yield "{{end}}"
