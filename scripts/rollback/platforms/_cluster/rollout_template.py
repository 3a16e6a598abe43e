"""Go templates that print a dot for a workload whose rollout is finished, else its name.

A name with ! stands for what no waiting helps.
"""

from __future__ import annotations

from collections.abc import Iterable

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
LEFT = '{{else if eq .spec.updateStrategy.type "OnDelete"}}.'
_JOB = (
    '{{$state := ""}}{{range .status.conditions}}{{if eq .status "True"}}'
    '{{if eq .type "Complete"}}{{$state = "."}}{{else if eq .type "Failed"}}{{$state = "!"}}{{end}}'
    '{{end}}{{end}}{{if or .spec.suspend (eq $state ".")}}.'
    "{{else}} job/{{.metadata.name}}{{$state}} {{end}}"
)


def state(kind: str, on_delete: str = "") -> str:
    """Return what prints the state of one object of this kind (deployment, job...).

    `on_delete`: LEFT where nobody deletes the pods of a workload with that strategy.
    """
    if kind == "job":
        return _JOB
    desired, *reached = _FINISHED[kind]
    # `print` because the server leaves out a count of none
    equal = " ".join(f"(eq (print .{desired}) (print .{count}))" for count in reached)
    if kind == "statefulset":
        equal += _ALL_UPDATED
    parts = (
        f"{{{{if not .{desired}}}}}.",
        "" if kind == "deployment" else on_delete,
        f"{{{{else if and {_SEEN} {equal}}}}}.",
        f"{{{{else}}}} {kind}/{{{{.metadata.name}}}}{_GIVEN_UP} {{{{end}}}}",
    )
    return "".join(parts)


def of_kinds(kinds: Iterable[str]) -> str:
    """Return the template for a list of objects of these kinds, as in their manifests."""
    states = (
        f'{{{{if eq .kind "{kind}"}}}}{state(kind.lower(), LEFT)}{{{{end}}}}' for kind in kinds
    )
    return "".join(["{{range .items}}", *states, "{{end}}"])
