"""Health as ECS and its load balancers report it. A task that runs is not health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rollback.errors import RollbackError
from rollback.model import Check, Move, Verdict
from rollback.platforms.ecs import details, targets
from rollback.platforms.ecs.answers import Service, short
from rollback.aws.client import Client, connect
from rollback.shell import Shell
from rollback.text import clean

if TYPE_CHECKING:
    from concurrent.futures import Future

TARGETS = "targets"  # of load balancers, as the last look has found them
_PAGE = 100  # tasks in one answer


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """Check every service of the application once. Raises Unreadable."""
    known = details.of(moves[0].target)
    client = connect(shell, known.profile, known.region)
    moved = {move.target.app for move in moves if move.current.id != move.to.id}
    names = [each.name for each in known.services]
    running = client.start(tasks, client, known.cluster, names)
    services = targets.read(client, known.cluster, names)
    behind = [_behind_balancers(client, service) for service in services]
    for service, states in zip(services, behind, strict=True):
        told = states.result() if states else ()
        client.kept[f"{TARGETS} {service.service_arn}"] = told
        verdict, detail = judged(service, running.result()[service.service_name], told)
        is_moved = not moved or service.service_name in moved
        yield Check(f"ECS service {service.service_name}", verdict, detail, moved=is_moved)


def tasks(client: Client, cluster: str, services: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return service -> its tasks that should run: a list each, described together."""

    def listed(service: str) -> list[Any]:
        asked = {"cluster": cluster, "serviceName": service, "desiredStatus": "RUNNING"}
        return client.pages("ecs", "list_tasks", "taskArns", **asked)

    arns = dict(zip(services, client.all(listed, services), strict=True))
    known = _described(client, cluster, [arn for rows in arns.values() for arn in rows])
    # one that ended since it was listed has no description
    return {name: [known[arn] for arn in rows if arn in known] for name, rows in arns.items()}


def _described(client: Client, cluster: str, arns: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return ARN -> task."""
    rows: list[dict[str, Any]] = []
    for at in range(0, len(arns), _PAGE):
        page = arns[at : at + _PAGE]
        rows += client.ask("ecs", "describe_tasks", tasks=page, cluster=cluster).get("tasks", [])
    return {row["taskArn"]: row for row in rows if row.get("taskArn")}


def _behind_balancers(client: Client, service: Service) -> Future[list[str] | RollbackError] | None:
    """Begin to read what load balancers say of a service's targets; None without one."""
    groups = [each.target_group_arn for each in service.balancers if each.target_group_arn]
    return client.start(client.attempt, _targets, client, groups) if groups else None


def _targets(client: Client, groups: Sequence[str]) -> list[str]:
    """Return the state of each target of these groups."""
    states = []
    for group in groups:
        answer = client.ask("elbv2", "describe_target_health", TargetGroupArn=group)
        rows = answer.get("TargetHealthDescriptions", [])
        states += [str(row.get("TargetHealth", {}).get("State", "")) for row in rows]
    return states


def judged(
    service: Service, rows: Sequence[dict[str, Any]], states: Sequence[str] | RollbackError
) -> tuple[Verdict, str]:
    """Judge one look. `states` are those of targets, or why they cannot be read."""
    name, primary, wanted = short(service.live), service.primary, service.desired_count
    own = [row for row in rows if row.get("taskDefinitionArn") == service.live]
    up = sum(row.get("lastStatus") == "RUNNING" for row in own)
    health = Counter(str(row.get("healthStatus", "UNKNOWN")) for row in own)
    if primary.rollout_state == "FAILED":
        return (
            "unhealthy",
            f"the rollout of {name} failed: {clean(primary.rollout_state_reason, 120)}",
        )
    if not wanted:
        return "unknown", "scaled to 0 tasks: nothing runs"
    if health["UNHEALTHY"]:
        return (
            "unhealthy",
            f"{health['UNHEALTHY']} of {wanted} tasks fail their container health check",
        )
    if up < wanted or primary.rollout_state == "IN_PROGRESS":
        failed = f", {primary.failed_tasks} failed" if primary.failed_tasks else ""
        return "waiting", f"{up} of {wanted} tasks run {name}{failed}"
    if isinstance(states, list) and states:
        return _behind(states, name)
    if health["HEALTHY"] >= wanted:
        return (
            "healthy",
            f"{wanted} of {wanted} tasks run {name} and pass their container health check",
        )
    more = f"; target group: {states.message}" if isinstance(states, RollbackError) else ""
    return "unknown", clean(f"{up} of {wanted} tasks run {name}, which is not health{more}", 200)


def _behind(states: Sequence[str], name: str) -> tuple[Verdict, str]:
    """Judge the targets of load balancers. One that drains belongs to the release that was left."""
    count = Counter(states)
    present = len(states) - count["draining"]
    if bad := count["unhealthy"] + count["unavailable"]:
        return "unhealthy", f"{bad} of {present} targets of {name} are unhealthy"
    if count["initial"]:
        return "waiting", f"{count['initial']} of {present} targets of {name} are not checked yet"
    if count["healthy"] and count["healthy"] == present:
        return "healthy", f"{present} of {present} targets of {name} are healthy"
    return "unknown", f"targets of {name}: {', '.join(sorted(count)) or 'none'}"
