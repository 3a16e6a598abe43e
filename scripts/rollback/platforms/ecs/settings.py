"""The settings keys of Amazon ECS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from rollback.settings.fields import Text

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,255}$")]
# the name of a cluster, or its ARN
Cluster = Annotated[str, Meta(pattern=r"^(arn:[^\s/]+/)?[A-Za-z0-9_-]{1,255}$", max_length=400)]
Region = Annotated[str, Meta(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]+$")]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The services are those of `services`, or those that have all of `tags`.

    They are one application: they go back to what was live together. Without `region` and
    `profile` the AWS command line's own apply.
    """

    cluster: Cluster | None = None
    services: tuple[Name, ...] = ()
    tags: dict[str, Text] = {}
    region: Region | None = None
    profile: Text | None = None


SETTINGS = Settings
NEEDED = ("cluster", "services")


def suggested(project: Path, environment: str) -> dict[str, Any]:
    """Return the keys that the project's workflows fill in, where they agree on the cluster."""
    from rollback.platforms.ecs import workflows

    rows = workflows.of(project, environment)
    clusters, regions = ({getattr(row, name) for row in rows} for name in ("cluster", "region"))
    if len(clusters) != 1 or "" in clusters or any(not row.service for row in rows):
        return {}
    known: dict[str, Any] = {"cluster": clusters.pop()}
    known["services"] = list(dict.fromkeys(row.service for row in rows))
    return known | ({"region": regions.pop()} if len(regions) == 1 and "" not in regions else {})
