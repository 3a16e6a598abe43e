"""What is kept of a list: who wrote which field (managedFields) is half of every object, and a pod's spec is never asked for."""

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
    """A workload or what it remembers of itself (`data` and `revision` are a ControllerRevision's)."""

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
