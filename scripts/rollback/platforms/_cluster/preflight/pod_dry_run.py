"""Whether the cluster lets the target's pods start: a dry run of one pod of each workload.

A workload is accepted where its pods are refused: PodSecurity, LimitRange, policies, accounts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from rollback.errors import RollbackError
from rollback.model import Finding
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms._cluster.preflight import server_warnings
from rollback.shell import Answer, Shell
from rollback.text import clean

MOST = 20  # workloads whose pods are tried; each costs a call
_CODE, UNTESTED = "pod-refused", "pods-untested"
_MISSING = (
    ("ServiceAccount", "serviceAccountName", re.compile(r'serviceaccount "([^"]+)" not found')),
    ("PriorityClass", "priorityClassName", re.compile(r"no PriorityClass with name (\S+) was")),
)
# whoever creates the pod is refused; a policy may make a difference between us and a controller
_CERTAIN = re.compile(
    r"violates PodSecurity|per (?:Container|Pod) is|must specify|security context constraint|"
    r"serviceaccount .* not found|no PriorityClass|being terminated|is invalid:"
)
_OTHERS_REPORT = re.compile(r"exceeded quota")  # the check of quotas knows what a rollout frees
_NO_RIGHT = re.compile(r'cannot create resource "pods"')
_INVALID = re.compile(r"is invalid:")  # what the defaults of a LimitRange make of a pod, too
_SAYS_NOTHING = re.compile(
    r"does not support dry run|namespaces .* not found|NotFound|Unable to connect"
)


class Candidate(Struct, frozen=True):
    """A workload of the target. `live`: its pod template now, None where it does not run."""

    location: Location
    key: str  # kind/name
    name: str
    release: str  # "revision 2 of deployment/shop"
    raw: Mapping[str, Any]
    template: Mapping[str, Any]
    live: Mapping[str, Any] | None = None


class Result(Struct, frozen=True):
    """What the server said. `refusals`: its words; `untested`: why it said nothing.

    `like_live`: a pod of the live release is refused as well.
    """

    candidate: Candidate
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    untested: str = ""
    like_live: bool = False

    @property
    def accepted(self) -> bool:
        return not self.untested and not self.refusals


def ask(candidates: Sequence[Candidate], shell: Shell) -> list[Result]:
    """Try the pods side by side."""
    if not hasattr(os, "memfd_create"):
        return [Result(each, untested="this system has no memory files") for each in candidates]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        tried = list(pool.map(lambda each: _try(each, shell), candidates[:MOST]))
    few = f"only {MOST} of {len(candidates)} are tried"
    return tried + [Result(each, untested=few) for each in candidates[MOST:]]


def findings(results: Sequence[Result], reported: Sequence[Finding] = ()) -> Iterator[Finding]:
    """Report refusals, but not of an object that is `reported` as missing."""
    for result in results:
        yield from server_warnings.findings(result.candidate.key, result.warnings)
        for refusal in result.refusals:
            if not _is_reported(refusal, reported):
                yield _refused(result, refusal)
    if untested := [result for result in results if result.untested]:
        keys = ", ".join(result.candidate.key for result in untested[:3])
        more = f" and {len(untested) - 3} more" if len(untested) > 3 else ""
        message = f"no dry run of the pods of {keys}{more}: {untested[0].untested}"
        yield Finding("note", UNTESTED, message)


def without(result: Result, existing: Sequence[tuple[str, str]]) -> Result:
    """Drop refusals about objects (kind, name) that the rollback itself brings back."""
    kept = tuple(text for text in result.refusals if _missing(text)[:2] not in existing)
    return msgspec.structs.replace(result, refusals=kept)


def _try(candidate: Candidate, shell: Shell) -> Result:
    """Try it again without what is missing: that may hide another refusal."""
    pod, refusals = _pod(candidate, candidate.template), list[str]()
    while True:
        answer = _create(candidate.location, pod, shell)
        if isinstance(answer, RollbackError):
            return Result(candidate, tuple(refusals), untested=answer.message)
        warnings = server_warnings.of(answer.stderr)
        text = _words(answer)
        if not text or _OTHERS_REPORT.search(text):
            return Result(candidate, tuple(refusals), warnings)
        if untested := _untested(text) or _invalid(candidate, text, shell):
            return Result(candidate, tuple(refusals), warnings, untested)
        refusals.append(text)
        field = _missing(text)[2]
        if field not in pod["spec"]:
            like_live = not _CERTAIN.search(text) and _refuses_live(candidate, shell)
            return Result(candidate, tuple(refusals), warnings, like_live=like_live)
        pod["spec"] = {name: value for name, value in pod["spec"].items() if name != field}


def _refuses_live(candidate: Candidate, shell: Shell) -> bool:
    if candidate.live is None:
        return False
    answer = _create(candidate.location, _pod(candidate, candidate.live), shell)
    text = _words(answer) if isinstance(answer, Answer) else ""
    return bool(text) and not _OTHERS_REPORT.search(text) and not _untested(text)


def _untested(text: str) -> str:
    if _NO_RIGHT.search(text):
        return "you may not create pods there"
    return text if _SAYS_NOTHING.search(text) else ""


def _invalid(candidate: Candidate, text: str, shell: Shell) -> str:
    """Return the words where a pod that runs would be called invalid, too: ours is wrong then."""
    if not _INVALID.search(text):
        return ""
    return text if candidate.live is None or _refuses_live(candidate, shell) else ""


def _create(location: Location, pod: Mapping[str, Any], shell: Shell) -> Answer | RollbackError:
    path = f"/api/v1/namespaces/{location.namespace}/pods?dryRun=All"
    file = os.memfd_create("pod")  # it may hold values: neither on a disk nor among the arguments
    try:
        os.write(file, msgspec.json.encode(pod))
        name = f"/proc/{os.getpid()}/fd/{file}"
        (answer,) = shell.ask_all([kubectl(location, "create", "--raw", path, "--filename", name)])
    finally:
        os.close(file)
    return answer


def _pod(candidate: Candidate, template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pod as its controller would create it."""
    kind = {"deployment": "ReplicaSet", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}
    owner = {
        "apiVersion": "apps/v1",
        "kind": kind[candidate.key.partition("/")[0]],
        "name": candidate.name,
        "uid": candidate.raw["metadata"].get("uid") or "unknown",
        "controller": True,
    }
    meta = template.get("metadata") or {}
    spec = dict(template.get("spec") or {})
    spec["volumes"] = [*(spec.get("volumes") or ()), *_claimed(candidate)]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{candidate.name[:50]}-",
            "labels": meta.get("labels") or {},
            "annotations": meta.get("annotations") or {},
            "ownerReferences": [owner],
        },
        "spec": spec,
    }


def _claimed(candidate: Candidate) -> Iterator[dict[str, Any]]:
    """Yield the volumes that a StatefulSet adds to its pods."""
    for claim in (candidate.raw.get("spec") or {}).get("volumeClaimTemplates") or ():
        name = claim["metadata"]["name"]
        claim_name = f"{name}-{candidate.name}-0"
        yield {"name": name, "persistentVolumeClaim": {"claimName": claim_name}}


def _words(answer: Answer) -> str:
    """Return why it was refused, in the server's own words; "" where it was not."""
    if not answer.status:
        return ""
    lines = [line for line in answer.stderr.splitlines() if not server_warnings.of(line)]
    text = clean(" ".join(lines), 1000)
    return text.partition("): ")[2] or text


def _missing(text: str) -> tuple[str, str, str]:
    """Return kind and name of what a refusal misses, and the field that names it."""
    for kind, field, pattern in _MISSING:
        if match := pattern.search(text):
            return kind, match[1], field
    return "", "", ""


def _is_reported(refusal: str, reported: Sequence[Finding]) -> bool:
    kind, name, _ = _missing(refusal)
    return bool(kind) and any(f"needs {kind} {name}," in finding.message for finding in reported)


def _refused(result: Result, refusal: str) -> Finding:
    message = f"{result.candidate.release}: the cluster refuses its pods: {clean(refusal, 400)}"
    if result.like_live:
        fix = "it refuses pods of the live release as well: find out whom that policy exempts"
        return Finding("warning", _CODE, message, fix)
    return Finding("blocker", _CODE, message, "fix what the message names, then plan again")
