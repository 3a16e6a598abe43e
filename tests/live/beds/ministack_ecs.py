#!/usr/bin/env python3
"""ministack on loopback, with what its ECS lacks: service deployments and revisions, stop-and-roll-back, digests, refusals.

Usage: ministack_ecs.py --port N --data-dir DIR     (ministack 1.5.33; DOCKER_HOST names the engine that runs tasks)
It relies on ministack's internals: the version is pinned by ecs.sh.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
import uuid
from typing import Any

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--data-dir", required=True)
args = parser.parse_args()
if "DOCKER_HOST" not in os.environ:
    parser.error("set DOCKER_HOST: without it tasks would start on the machine's own engine")
os.makedirs(args.data_dir, exist_ok=True)
os.environ.update(
    BIND_HOST="127.0.0.1",
    MINISTACK_HOST="127.0.0.1",
    GATEWAY_PORT=str(args.port),
    S3_DATA_DIR=args.data_dir,
    TMPDIR=args.data_dir,
)
sys.argv[1:] = []  # ministack parses the command line again

from ministack.app import main  # noqa: E402
from ministack.services import ecs  # noqa: E402

Row = dict[str, Any]
records: dict[str, list[Row]] = {}  # service ARN -> deployments, newest first
PENDING = "pending"
following = threading.RLock()  # tasks that start and end are followed by threads of their own
SHOWN = (
    "serviceDeploymentArn",
    "serviceArn",
    "clusterArn",
    "createdAt",
    "startedAt",
    "finishedAt",
    "status",
    "statusReason",
)


def refusal(code: str, message: str) -> Any:
    return ecs.error_response_json(code, message, 400)


def new_record(service: Row, deployment: Row, earlier: list[Row]) -> Row:
    arn, now = service["serviceArn"], time.time()
    return {
        "id": deployment["id"],
        "task_definition": deployment["taskDefinition"],
        "status": "IN_PROGRESS",
        "source": earlier[0]["revision"] if earlier else None,
        "revision": f"{arn.replace(':service/', ':service-revision/')}/{uuid.uuid4().hex[:19]}",
        "serviceDeploymentArn": f"{arn.replace(':service/', ':service-deployment/')}/{uuid.uuid4().hex[:20]}",
        "serviceArn": arn,
        "clusterArn": service["clusterArn"],
        "createdAt": now,
        "startedAt": now,
    }


def finish(record: Row, status: str, reason: str | None = None) -> None:
    record.update(status=status, statusReason=reason, finishedAt=time.time())


def follow(service: Row) -> None:
    """Bring the records of one service up to what ministack shows of it."""
    known = records.setdefault(service["serviceArn"], [])
    live = {deployment["id"]: deployment for deployment in service.get("deployments", [])}
    for deployment in reversed(list(live.values())):
        if deployment["id"] not in {r["id"] for r in known} | {r.get("undo") for r in known}:
            known.insert(0, new_record(service, deployment, known))
    breaker = (service.get("deploymentConfiguration") or {}).get("deploymentCircuitBreaker") or {}
    for record in known:
        shown = live.get(record["id"])
        if shown and shown.get("_image_digests"):
            record["digests"] = dict(shown["_image_digests"])
        undoing = record["status"] == "ROLLBACK_IN_PROGRESS"
        if record.get("undo") == PENDING:
            continue
        if record["status"] != "IN_PROGRESS" and not undoing:
            continue
        deployment = live.get(record["undo"] if undoing else record["id"])
        settle(record, deployment, undoing, bool(breaker.get("rollback")))


def settle(record: Row, deployment: Row | None, undoing: bool, goes_back: bool) -> None:
    state = deployment.get("rolloutState") if deployment else "GONE"
    if state == "COMPLETED":
        finish(record, "ROLLBACK_SUCCESSFUL" if undoing else "SUCCESSFUL")
    elif state == "FAILED" and deployment:
        back = "ROLLBACK_SUCCESSFUL" if goes_back else "STOPPED"
        finish(record, "ROLLBACK_FAILED" if undoing else back, deployment.get("rolloutStateReason"))
    elif state == "GONE":
        finish(record, "ROLLBACK_SUCCESSFUL" if undoing else "STOPPED")
    elif deployment and deployment["status"] != "PRIMARY" and not undoing:
        finish(record, "STOPPED", "Service deployment stopped by a newer one.")


def everything() -> list[Row]:
    with following:
        for _, service in ecs._services.all_items():
            follow(service)
        return [record for group in records.values() for record in group]


def followed(name: str) -> None:
    """Read all services again after each of ministack's own state changes."""
    inner = getattr(ecs, name)

    def outer(*words: Any, **named: Any) -> Any:
        result = inner(*words, **named)
        everything()
        return result

    setattr(ecs, name, outer)
    ecs._ACTION_MAP.update({key: outer for key, value in ecs._ACTION_MAP.items() if value is inner})


def with_local_digests(task: Row, td: Row, client: Any) -> Any:
    """A digest for an image that no registry has: the id of what the engine holds under its name."""
    cluster = ecs._cluster_name_from_arn(task.get("clusterArn", ""))
    service = ecs._services.get(f"{cluster}/{task.get('group', '').removeprefix('service:')}")
    deployment = ecs._deployment_for_task(service, task) if service else None
    if deployment is None:
        return None
    for container in td.get("containerDefinitions", []):
        known = deployment.setdefault("_image_digests", {})
        if container["name"] not in known and "@" not in container["image"]:
            try:
                known[container["name"]] = client.images.get(container["image"]).id
            except Exception:
                deployment["_image_resolution_disabled"] = True
    deployment["_image_resolution_complete"] = True
    return deployment


def update_checked(data: Row) -> Any:
    if (wanted := data.get("taskDefinition")) is not None:
        definition = ecs._task_defs.get(ecs._resolve_td_key(wanted) or "")
        if definition is None:
            return refusal("ClientException", "Unable to describe task definition.")
        if definition.get("status") == "INACTIVE":
            return refusal("ClientException", "TaskDefinition is inactive")
        reference = ecs._resolve_service_ref(data.get("service", ""))
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        service = ecs._services.get(f"{cluster}/{reference[0]}") if reference else None
        kind = ((service or {}).get("deploymentController") or {}).get("type", "ECS")
        if kind != "ECS":
            return refusal(
                "InvalidParameterException", f"Unable to update task definition on services with a {kind} controller."
            )  # fmt: skip
    return update_service(data)


def list_deployments(data: Row) -> Any:
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    place = f"/{cluster}/{data['service'].rsplit('/', 1)[-1]}"
    wanted = data.get("status")
    rows = [
        record
        for record in everything()
        if record["serviceArn"].endswith(place) and (not wanted or record["status"] in wanted)
    ]
    start, most = int(data.get("nextToken") or 0), min(data.get("maxResults") or 20, PAGE)
    page = [
        {**shown(row), "targetServiceRevisionArn": row["revision"]}
        for row in rows[start : start + most]
    ]
    more = {"nextToken": str(start + most)} if len(rows) > start + most else {}
    return ecs.json_response({"serviceDeployments": page, **more})


PAGE = int(os.environ.get("DEPLOYMENTS_A_PAGE", "100"))


def shown(record: Row) -> Row:
    return {key: record[key] for key in SHOWN if record.get(key) is not None}


def describe_deployments(data: Row) -> Any:
    chosen = [
        row for row in everything() if row["serviceDeploymentArn"] in data["serviceDeploymentArns"]
    ]
    rows = [
        {
            **shown(row),
            "targetServiceRevision": {"arn": row["revision"]},
            "sourceServiceRevisions": [{"arn": row["source"]}] if row["source"] else [],
        }
        for row in chosen
    ]
    return ecs.json_response({"failures": [], "serviceDeployments": rows})


def describe_revisions(data: Row) -> Any:
    chosen = [row for row in everything() if row["revision"] in data["serviceRevisionArns"]]
    return ecs.json_response(
        {"failures": [], "serviceRevisions": [revision(row) for row in chosen]}
    )


def revision(row: Row) -> Row:
    td = ecs._task_defs.get(ecs._resolve_td_key(row["task_definition"]) or "") or {}
    digests = row.get("digests", {})
    return {
        "serviceRevisionArn": row["revision"],
        "serviceArn": row["serviceArn"],
        "clusterArn": row["clusterArn"],
        "taskDefinition": row["task_definition"],
        "createdAt": row["createdAt"],
        "containerImages": [
            {
                "containerName": each["name"],
                "image": each["image"],
                **({"imageDigest": digests[each["name"]]} if each["name"] in digests else {}),
            }
            for each in td.get("containerDefinitions", [])
        ],
    }


def stop_deployment(data: Row) -> Any:
    """Only stopType ROLLBACK. The order of states follows the vendor's page, the timing is ministack's."""
    rows = everything()
    record = next(
        (r for r in rows if r["serviceDeploymentArn"] == data["serviceDeploymentArn"]), None
    )
    if record is None:
        return refusal("ServiceDeploymentNotFoundException", "Service deployment not found.")
    if record["status"] not in ("PENDING", "IN_PROGRESS"):
        return refusal("ConflictException", f"Service deployment is in {record['status']} state.")
    group = records[record["serviceArn"]]
    later = group[group.index(record) + 1 :]
    good = next((row for row in later if row["status"] == "SUCCESSFUL"), None)
    if good is None:
        finish(record, "STOPPED", "No earlier successful revision.")
    else:
        go_back(record, good, group)
    return ecs.json_response({"serviceDeploymentArn": record["serviceDeploymentArn"]})


def go_back(record: Row, good: Row, group: list[Row]) -> None:
    before = {d["id"] for _, s in ecs._services.all_items() for d in s["deployments"]}
    record.update(status="ROLLBACK_IN_PROGRESS", undo=PENDING)
    for arn, task in list(ecs._tasks.items()):  # else they keep the place of those that come back
        if task.get("_deployment_id") == record["id"] and task["lastStatus"] != "STOPPED":
            ecs._stop_task({"task": arn, "cluster": task["clusterArn"].rsplit("/", 1)[-1]})
    update_service(
        {
            "cluster": record["clusterArn"].rsplit("/", 1)[-1],
            "service": record["serviceArn"].rsplit("/", 1)[-1],
            "taskDefinition": good["task_definition"],
        }
    )
    now = [
        deployment["id"]
        for _, service in ecs._services.all_items()
        if service["serviceArn"] == record["serviceArn"]
        for deployment in service["deployments"]
    ]
    record["undo"] = next((id for id in now if id not in before), good["id"])
    group[:] = [row for row in group if row["id"] != record["undo"] or row is good]


def with_revisions(data: Row) -> Any:
    """Services with the revision that they are on."""
    status, _, body = describe_services(data)
    answer = json.loads(body)
    everything()
    for service in answer.get("services", []):
        primary = next((d["id"] for d in service["deployments"] if d["status"] == "PRIMARY"), "")
        known = records.get(service["serviceArn"], [])
        service["currentServiceRevisions"] = [
            {"arn": row["revision"]} for row in known if primary in (row["id"], row.get("undo"))
        ][:1]
    return ecs.json_response(answer, status)


def with_health(data: Row) -> Any:
    """Tasks with the verdict of their containers' own health checks, as Docker has it."""
    client = ecs._get_docker()
    for task in list(ecs._tasks.values()):
        states = []
        for id in task.get("_docker_ids") or []:
            try:
                states.append(
                    client.containers.get(id).attrs["State"].get("Health", {}).get("Status", "")
                )
            except Exception:
                states.append("")
        known = {"healthy": "HEALTHY", "unhealthy": "UNHEALTHY"}
        if states and task.get("lastStatus") == "RUNNING":
            task["healthStatus"] = known.get(states[0], "UNKNOWN")
    return describe_tasks(data)


for function in (
    "_create_service",
    "_update_service",
    "_complete_service_deployment",
    "_record_service_task_failure",
):
    followed(function)
update_service = ecs._ACTION_MAP["UpdateService"]
describe_services = ecs._ACTION_MAP["DescribeServices"]
describe_tasks = ecs._ACTION_MAP["DescribeTasks"]
ecs._prepare_service_images = with_local_digests
ecs._ACTION_MAP.update(
    UpdateService=update_checked,
    DescribeServices=with_revisions,
    DescribeTasks=with_health,
    ListServiceDeployments=list_deployments,
    DescribeServiceDeployments=describe_deployments,
    DescribeServiceRevisions=describe_revisions,
    StopServiceDeployment=stop_deployment,
)
main()
