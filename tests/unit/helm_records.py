"""Revisions of a Helm release as Helm stores them, said briefly."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

from rollback.model import Move, Release, Target
from rollback.platforms.helm.history import _of_release
from rollback.platforms.helm.preflight.pair import Pair, pair
from rollback.platforms.helm.storage import Stored
from rollback.shell import Answer

DETAILS: dict[str, Any] = {
    "context": "test", "namespace": "shop", "identity": ["kube-system", "uid-cluster"], "salt": "5a17", "helm": "v3.19.0", "wave": 0,
    "application": "web", "options": ["no-cluster-lock"], "kind": "release", "name": "web", "suspend": [],
}  # fmt: skip


class Silent:
    """A cluster in which nothing is there."""

    def ask_all(self, commands: Any) -> list[Answer]:
        return [Answer((1, "", "NotFound")) for _ in commands]


def target(**details: Any) -> Target:
    return Target("staging", "helm", "web", "uid-cluster/shop", False, {**DETAILS, **details})


def revision(
    number: int,
    content: str,
    said: str = "Upgrade complete",
    status: str = "superseded",
    **more: Any,
) -> Stored:
    """`content`: a manifest, or a word that stands for one."""
    text = content if "\n" in content else f"# {content}\n"
    return Stored(
        number,
        status,
        said,
        f"2020-11-20T{number:02}:00:00Z",
        {"name": "shop", "version": f"1.{number}.0"},
        text,
        **more,
    )


def history(*revisions: Stored, project: Path = Path("/nowhere")) -> list[Release]:
    """As releases, newest first; given oldest first."""
    return _of_release(
        project, target(), sorted(revisions, key=lambda one: -one.number), Silent(), {}
    )  # type: ignore[arg-type]


def move(current: Stored, to: Stored, **details: Any) -> Move:
    return Move(
        target(**details),
        *(Release(str(one.number), facts={"stored": one}) for one in (current, to)),
    )  # type: ignore[arg-type]


def ends(now: str, then: str, status: str = "deployed", **more: Any) -> Pair:
    return pair(move(revision(2, now, status=status, **more), revision(1, then)))


def kind(name: str, called: str = "a", version: str = "v1", **content: Any) -> str:
    """One document of a manifest (JSON is YAML)."""
    meta = {"name": called, **content.pop("metadata", {})}
    return (
        f"---\n{json.dumps({'apiVersion': version, 'kind': name, 'metadata': meta, **content})}\n"
    )


def secret(one: Stored, name: str = "web") -> dict[str, Any]:
    """The Secret in which Helm keeps it."""
    info = {
        "status": one.status,
        "description": one.description,
        "last_deployed": "2020-11-20T10:00:00.123456789+01:00",
    }
    payload = {
        "name": name,
        "info": info,
        "version": one.number,
        "manifest": one.manifest,
        "chart": {"metadata": dict(one.chart)},
    }
    packed = base64.b64encode(
        base64.b64encode(gzip.compress(json.dumps(payload).encode()))
    ).decode()
    return {
        "metadata": {"name": f"sh.helm.release.v1.{name}.v{one.number}"},
        "data": {"release": packed},
    }
