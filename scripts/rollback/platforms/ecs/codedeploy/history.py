"""Reads what CodeDeploy deployed to a service: its group, deployments, and their AppSpecs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import msgspec

from rollback.errors import RollbackError, Unreadable
from rollback.aws import failures
from rollback.platforms.ecs.answers import Service
from rollback.aws.client import Client
from rollback.platforms.ecs.codedeploy import appspec
from rollback.platforms.ecs.codedeploy.answers import (
    ConfigAnswer,
    Deployment,
    Deployments,
    Group,
    GroupAnswer,
    Routing,
)
from rollback.platforms.ecs.codedeploy.appspec import AppSpec
from rollback.platforms.ecs.codedeploy.known import Known

_BATCH = 25  # deployments in one answer
_LONGEST = 200_000  # bytes of an AppSpec in S3
# without an answer, and with these, its commands are said and nothing is moved
UNTOLD = ("access-denied", "refused", "not-found", "codedeploy-unknown")
_NEVER = datetime(1970, 1, 1, tzinfo=timezone.utc)
SERVICE = "codedeploy"


def read(client: Client, service: Service, most: int) -> Known:
    """Return what CodeDeploy tells of a service.

    Raises Unreadable (codedeploy-unknown: no deployment of it is known; access-denied, ...).
    """
    sets = sorted(service.task_sets, key=lambda row: row.status != "PRIMARY")
    ids = [row.external_id for row in sets if row.external_id.startswith("d-")]
    made = _described(client, list(dict.fromkeys(ids)))
    if not made:
        message = f"no task set of {service.service_name} names a deployment of CodeDeploy"
        raise Unreadable("codedeploy-unknown", message, "deploy it once through CodeDeploy")
    application, group = made[0].application_name, made[0].deployment_group_name
    place = {"applicationName": application, "deploymentGroupName": group}
    listing = client.start(_listed, client, place, most)
    info = client.read(GroupAnswer, SERVICE, "get_deployment_group", **place).deployment_group_info
    _require_own(service, application, group, info)
    config = client.start(client.attempt, _routing, client, info.deployment_config_name)
    rows = {row.deployment_id: row for row in made}
    rows |= {
        row.deployment_id: row
        for row in _described(client, [id for id in listing.result() if id not in rows])
    }
    newest = sorted(rows.values(), key=lambda row: row.create_time or _NEVER, reverse=True)
    specs = _specs(client, newest)
    routing = config.result()
    return Known(
        application=application,
        group=group,
        info=info,
        deployments=tuple(newest),
        specs=specs,
        routing=routing if isinstance(routing, Routing) else None,
    )


def _require_own(service: Service, application: str, group: str, info: Group) -> None:
    """Raises Unreadable (codedeploy-unknown) where the group deploys another service."""
    cluster = service.cluster_arn.rpartition("/")[2]
    named = {(row.service_name, row.cluster_name.rpartition("/")[2]) for row in info.ecs_services}
    if (service.service_name, cluster) not in named:
        message = f"group {group} of CodeDeploy application {application} deploys another service"
        fix = f"look at aws deploy get-deployment-group for {service.service_name}"
        raise Unreadable("codedeploy-unknown", message, fix)


def _listed(client: Client, place: dict[str, str], most: int) -> list[str]:
    """Return ids of deployments, newest first, at least `most` where there are so many."""
    ids: list[str] = []
    asked: dict[str, Any] = dict(place)
    while len(ids) < most:
        answer = client.ask(SERVICE, "list_deployments", **asked)
        ids += map(str, answer.get("deployments", ()))
        if not answer.get("nextToken"):
            break
        asked["nextToken"] = answer["nextToken"]
    return ids[:most]


def _described(client: Client, ids: Sequence[str]) -> list[Deployment]:
    batches = [ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH)]

    def batch(some: Sequence[str]) -> Deployments:
        return client.read(Deployments, SERVICE, "batch_get_deployments", deploymentIds=list(some))

    answers = client.all(batch, batches) if batches else []
    return [row for answer in answers for row in answer.deployments_info]


def _routing(client: Client, name: str) -> Routing:
    asked = {"deploymentConfigName": name}
    answer = client.read(ConfigAnswer, SERVICE, "get_deployment_config", **asked)
    return answer.deployment_config_info.traffic_routing_config


def _specs(client: Client, rows: Sequence[Deployment]) -> dict[str, AppSpec]:
    """Return deployment -> AppSpec, each revision read once, side by side."""
    kinds = {msgspec.json.encode(row.revision): row for row in rows}
    answers = client.all(lambda row: client.attempt(_text, client, row), list(kinds.values()))
    texts = dict(zip(kinds, answers, strict=True))
    found: dict[str, AppSpec] = {}
    for row in rows:
        text = texts[msgspec.json.encode(row.revision)]
        spec = appspec.parse(text) if isinstance(text, str) else None
        if spec is not None:
            found[row.deployment_id] = spec
        elif isinstance(text, RollbackError) and text.code not in UNTOLD:
            raise text
    return found


def _text(client: Client, row: Deployment) -> str:
    """Return the AppSpec of a deployment; "" where nothing has it. Raises Unreadable."""
    revision = row.revision
    if revision.text:
        return revision.text
    if revision.app_spec_content.sha256:
        kind = {"appSpecContent": {"sha256": revision.app_spec_content.sha256}}
        wanted = {"revisionType": "AppSpecContent", **kind}
        asked = {"applicationName": row.application_name, "revision": wanted}
        answer = client.ask(SERVICE, "get_application_revision", **asked)
        held = answer.get("revision", {}).get("appSpecContent", {})
        return str(held.get("content", ""))
    where = revision.s3_location
    if where.bundle_type not in ("YAML", "JSON"):
        return ""
    named = {"VersionId": where.version} if where.version else {}
    answer = client.ask("s3", "get_object", Bucket=where.bucket, Key=where.key, **named)
    with failures.explained(client.label, "s3 get_object"):
        return bytes(answer["Body"].read(_LONGEST)).decode(errors="replace")
