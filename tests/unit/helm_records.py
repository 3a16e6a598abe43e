"""Revisions of a Helm release as Helm stores them, briefly."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rollback.model import Command, Move, Release, Target
from rollback.platforms.helm import stuck
from rollback.platforms.helm.details import Details, Facts
from rollback.platforms.helm.preflight.comparison import Comparison, compare
from rollback.platforms.helm.releases import of_revisions
from rollback.platforms.helm.storage import Revision
from rollback.shell import Answer

DETAILS = Details(
    context="test",
    namespace="shop",
    identity=("kube-system", "uid-cluster"),
    salt="5a17",
    application="web",
    kind="release",
    name="web",
    options=("no-cluster-lock",),
    helm="v3.19.0",
)


class Empty:
    """A cluster that holds nothing."""

    def ask_all(self, commands: Any) -> list[Answer]:
        return [Answer((1, "", "NotFound")) for _ in commands]


def target(**details: Any) -> Target:
    return Target(
        "staging",
        "app",
        "helm",
        "web",
        "uid-cluster/shop",
        False,
        details=replace(DETAILS, **details),
    )


def revision(
    number: int,
    content: str,
    description: str = "Upgrade complete",
    status: str = "superseded",
    **more: Any,
) -> Revision:
    """`content`: a manifest, or a word that stands for one."""
    return Revision(
        number,
        status,
        description,
        f"2020-11-20T{number:02}:00:00Z",
        {"name": "shop", "version": f"1.{number}.0"},
        content if "\n" in content else f"# {content}\n",
        **more,
    )


def history(*revisions: Revision, project: Path = Path("/nowhere")) -> list[Release]:
    """As releases, newest first; given oldest first."""
    known = sorted(revisions, key=lambda one: -one.number)
    live = stuck.facts(project, Empty(), target(), known)  # type: ignore[arg-type]
    return of_revisions(target(), known, live, {})


def move(current: Revision, to: Revision, **details: Any) -> Move:
    return of_facts(Facts(current), to, **details)


def of_facts(current: Facts, to: Revision, **details: Any) -> Move:
    """A move away from a live release of which more is known than its revision."""
    return Move(
        target(**details),
        Release(str(current.revision.number), facts=current),
        Release(str(to.number), facts=Facts(to)),
        id="app.web",
    )


def comparison(before: str, after: str, status: str = "deployed", **more: Any) -> Comparison:
    """Of two manifests; `status` and the rest are about the live one."""
    return compare(move(revision(2, before, status=status, **more), revision(1, after)))


def kind(name: str, called: str = "a", version: str = "v1", **content: Any) -> str:
    """One document of a manifest (JSON is YAML)."""
    meta = {"name": called, **content.pop("metadata", {})}
    document = {"apiVersion": version, "kind": name, "metadata": meta, **content}
    return f"---\n{json.dumps(document)}\n"


def secret(stored: Revision, name: str = "web") -> dict[str, Any]:
    """The Secret in which Helm keeps a revision."""
    info = {
        "status": stored.status,
        "description": stored.description,
        "last_deployed": "2020-11-20T10:00:00.123456789+01:00",
    }
    payload = {
        "name": name,
        "info": info,
        "version": stored.number,
        "manifest": stored.manifest,
        "chart": {"metadata": dict(stored.chart)},
    }
    packed = base64.b64encode(gzip.compress(json.dumps(payload).encode()))
    return {
        "metadata": {"name": f"sh.helm.release.v1.{name}.v{stored.number}"},
        "data": {"release": base64.b64encode(packed).decode()},
    }


def named(command: Command) -> dict[str, str]:
    """The options of a call in a script: --NAME VALUE..."""
    words = command.argv[1:]
    return {name[2:]: value for name, value in zip(words[::2], words[1::2], strict=True)}
