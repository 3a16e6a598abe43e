"""The fields that are kept of listed objects.

managedFields would be half of every object, and the spec of a pod is never needed.
"""

from __future__ import annotations

from typing import Any, TypedDict

import msgspec


class Meta(TypedDict, total=False):
    """All of ObjectMeta but managedFields."""

    name: Any
    generateName: Any
    namespace: Any
    uid: Any
    resourceVersion: Any
    generation: Any
    creationTimestamp: Any
    deletionTimestamp: Any
    deletionGracePeriodSeconds: Any
    labels: Any
    annotations: Any
    ownerReferences: Any
    finalizers: Any


class Whole(TypedDict, total=False):
    """A workload or a stored revision (`data` and `revision` are of a ControllerRevision)."""

    apiVersion: Any
    kind: Any
    metadata: Meta
    spec: Any
    status: Any
    data: Any
    revision: Any


class Pod(TypedDict, total=False):
    metadata: Meta
    status: Any


class Wholes(TypedDict):
    metadata: Any
    items: list[Whole]


class Pods(TypedDict):
    metadata: Any
    items: list[Pod]


_WHOLES, _PODS = msgspec.json.Decoder(Wholes), msgspec.json.Decoder(Pods)


def of_list(path: str, text: str) -> Any:
    """One page of a list. Raises msgspec.DecodeError."""
    return (_PODS if path.partition("?")[0].endswith("/pods") else _WHOLES).decode(text)


def of_any(path: str, text: str) -> Any:
    return msgspec.json.decode(text)
