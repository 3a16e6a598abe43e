"""What a person types where a script calls functions of its own: lines to paste into bash."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms._cluster.workloads import WorkloadName

_NOT_READY = (
    '--output=jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")]'
    '.status}{"\\n"}{end}'
)


def line(location: Location, *words: str) -> str:
    return str(kubectl(location, *words))


def rollouts(location: Location, names: Sequence[str], seconds: float) -> str:
    """Wait for these workloads (kind/name), one after the other."""
    return line(location, "rollout", "status", *names, f"--timeout={seconds:.0f}s")


def jobs(location: Location, names: Sequence[str], seconds: float) -> str:
    words = ("wait", "--for=condition=complete", *names, f"--timeout={seconds:.0f}s")
    return line(location, *words)


def delete_not_ready(location: Location, selector: str) -> str:
    """Delete the pods of the selector that are not ready."""
    look = line(location, "get", "pods", f"--selector={selector}", _NOT_READY)
    delete = line(location, "delete", "pod", "--wait=false")
    return f"{look} | awk '$2 != \"True\" {{ print $1 }}' | xargs -r {delete}"


def replace_pods(location: Location, name: WorkloadName) -> str:
    """Delete the pods of other revisions than the newest, each once those before are ready.

    The pause is for the controller: a moment after a change it has not seen it.
    """
    selector = f"--selector={shlex.quote(name.selector)},controller-revision-hash"
    old = f'{line(location, "get", "pods", "--output=name")} {selector}!="$goal"'
    wait = line(location, "wait", "pod", "--for=condition=Ready", "--timeout=180s")
    delete = f'{line(location, "delete", "--wait")} "$pod"'
    return (
        f"sleep 5; goal=$({_newest_revision(location, name)}); "
        f'for pod in $({old}); do {delete}; sleep 5; {wait} {selector}="$goal"; done'
    )


def _newest_revision(location: Location, name: WorkloadName) -> str:
    """Print the value of the label that pods of the newest revision have."""
    if name.kind == "statefulset":
        return line(location, "get", name.key, "--output=jsonpath={.status.updateRevision}")
    label = "{.items[-1:].metadata.labels.controller-revision-hash}"
    words = ("get", "controllerrevisions", f"--selector={name.selector}", "--sort-by=.revision")
    return line(location, *words, f"--output=jsonpath={label}")


def take_leases(location: Location, names: Sequence[str], mark: str, seconds: int) -> str:
    """Create the Leases of a run; refused where somebody has one of them."""
    made_by = '"app.kubernetes.io/managed-by": "deployment-rollback"'
    labels = f'{{{made_by}, "deployment-rollback/run": "{mark}"}}'
    held = f'"holderIdentity": "%s by hand/{mark}", "leaseDurationSeconds": {seconds}'
    lease = (
        '{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", '
        f'"metadata": {{"name": "%s", "labels": {labels}}}, '
        f'"spec": {{{held}, "acquireTime": "%s"}}}}\\n'
    )
    each = f'printf \'{lease}\' "$name" "$(id -un)" "$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)"'
    create = line(location, "create", "--filename", "-")
    return f"for name in {shlex.join(names)}; do {each}; done | {create}"


def patches(location: Location, workloads: str, patches: str) -> str:
    """Send the patches of one file to the workloads of the other (PLURAL NAME), line by line."""
    patch = line(location, "patch")
    send = f'{patch} "$kind" "$name" --type=json --patch="$patch"'
    read = "read -r kind name <&3 && IFS= read -r patch <&4"
    return f"while {read}; do {send}; done 3<{shlex.quote(workloads)} 4<{shlex.quote(patches)}"


def undo_to(location: Location, workload: str, revision: str) -> str:
    return line(location, "rollout", "undo", workload, f"--to-revision={revision}")


def undo_each(location: Location, rows: str) -> str:
    """Roll every workload of a file back to the object of its row that holds its revision."""
    number = "{.metadata.annotations.deployment\\.kubernetes\\.io/revision}{.revision}"
    find = f'{line(location, "get")} "$revision" --output=jsonpath={shlex.quote(number)}'
    undo = f'{line(location, "rollout", "undo")} "$workload" --to-revision="$({find})"'
    read = r"IFS=$'\t' read -r workload uid revision rest"
    return f"while {read}; do {undo}; done <{shlex.quote(rows)}"


def delete_of_release(location: Location, release: str, objects: Sequence[str]) -> str:
    """Delete those of the objects that exist and that Helm marked as this release's."""
    mark = f'@.metadata.annotations.meta\\.helm\\.sh/release-name=="{release}"'
    names = f'{{range .items[?({mark})]}}{{.kind}}/{{.metadata.name}}{{"\\n"}}{{end}}'
    look = line(location, "get", *objects, "--ignore-not-found", f"--output=jsonpath={names}")
    return f"{look} | xargs -r {line(location, 'delete', '--ignore-not-found')}"


def each_namespace(context: str, names: Sequence[str]) -> Mapping[Location, list[str]]:
    """Group names (namespace/kind/name) by where they are, without their namespace."""
    grouped: dict[Location, list[str]] = {}
    for name in dict.fromkeys(names):
        namespace, _, rest = name.partition("/")
        grouped.setdefault(Location(context, namespace), []).append(rest)
    return grouped
