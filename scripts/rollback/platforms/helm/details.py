"""What a plan of a Helm release remembers of its target, and what was read of a revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from rollback.platforms._details import details_of
from rollback.model import Release
from rollback.platforms._cluster.details import ClusterDetails
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.helm.storage import Revision


class Details(ClusterDetails, frozen=True, kw_only=True):
    """Written to plan.json.

    `helm`: the version of the client. Waves follow the order in the settings.
    """

    helm: str
    wave: int = 0


class Facts(Struct, frozen=True):
    """Never written: manifests and values may hold secrets.

    All but `revision` is about the live release only.
    `templates`: "namespace/kind.group/name" -> the pod template as kubectl prints it, "" when the
    workload is gone. `workloads`: by the same names, what is live; `pods`: theirs,
    of the live pod template.
    `failed_hook`: Kind/name of the hook that stopped the newest revision.
    `applied`: the revision that the objects are still of, when a hook stopped a rollback or an
    upgrade before its first change.
    `killed_run`: the run of this project that began the newest revision and is dead.
    """

    revision: Revision
    templates: Mapping[str, str] = {}
    workloads: Mapping[str, Workload] = {}
    pods: Sequence[Mapping[str, Any]] = ()
    failed_hook: str = ""
    applied: Revision | None = None
    killed_run: str = ""


of = details_of(Details)


def facts(release: Release) -> Facts:
    return cast(Facts, release.facts)
