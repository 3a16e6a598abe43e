"""What a plan reports of CodeDeploy: what it does not tell, what it does on the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding, Move
from rollback.platforms.ecs import details
from rollback.platforms.ecs.answers import short, utc
from rollback.platforms.ecs.codedeploy import rows
from rollback.platforms.ecs.codedeploy.known import Known, failed_since, left_over
from rollback.platforms.ecs.details import CodeDeployDetails, Details, ServiceDetails, Side
from rollback.platforms.ecs.history import Read
from rollback.platforms.ecs.script import stops, typed_deploy
from rollback.text import clean

_FEW = 3  # names in a message


def about_history(read: Read) -> Iterator[Finding]:
    """Yield what is not known of the history."""
    if read.codedeploy is None:
        return
    lost = rows.unknown(read.service, read.codedeploy)
    if lost:
        named = ", ".join(f"{row.deployment_id} of {utc(row.create_time)}" for row in lost[:_FEW])
        more = f" and {len(lost) - _FEW} more" if len(lost) > _FEW else ""
        message = (
            f"{read.service.service_name}: the AppSpec of {named}{more} cannot be read: the task"
            " definition that it brought is not in this list"
        )
        fix = "allow codedeploy:GetApplicationRevision, and s3:GetObject for AppSpecs in S3"
        yield Finding("warning", "history-weak", message, fix)
    busy = read.codedeploy.busy
    if busy and read.live == read.service.live and not _is_named(read, busy.deployment_id):
        name, id = read.service.service_name, busy.deployment_id
        message = (
            f"{name}: CodeDeploy works on {id}, and nothing tells which task definition it brings"
        )
        yield Finding("blocker", "deploy-in-flight", message, "wait until it has ended")
    yield from _about_rest(read, read.codedeploy)


def _about_rest(read: Read, known: Known) -> Iterator[Finding]:
    """Yield that two task sets run with no deployment under way: each may have traffic."""
    rest = left_over(read.service, known)
    if rest is None:
        return
    beside, by = rest
    name = read.service.service_name
    message = (
        f"{name}: tasks of {short(beside.task_definition)} run beside"
        f" {short(read.service.live)}, and no deployment of CodeDeploy is under way"
    )
    if by is None:
        fix = "wait until they have ended, and plan again"
        yield Finding("warning", "task-set-left", message, fix)
        return
    told = f"{by.deployment_id} {by.status.lower()}"
    fix = (
        f"look at the listener's rules and at {by.deployment_id}; once all traffic goes to one task"
        " set: aws ecs delete-task-set for the other, then plan again"
    )
    if known.routing and known.routing.type == "AllAtOnce":
        yield Finding("warning", "task-set-left", f"{message}: {told}", fix)
    else:
        message = f"{message}: {told}, and the traffic may be split between the two"
        yield Finding("blocker", "traffic-split", message, fix)


def _is_named(read: Read, id: str) -> bool:
    return any(row.service_deployment_arn == id for row in read.deployments)


def about_move(move: Move) -> Iterator[Finding]:
    """Yield what happens on the way to the target."""
    known = details.of(move.target)
    service, (source, goal) = known.service(move.target.app), details.sides(move)
    way = service.codedeploy
    if way is None:
        return
    if service.running and stops(service, goal):
        message = (
            f"{source.name} of {service.name} is being deployed ({service.running}): it is stopped,"
            f" and CodeDeploy returns the traffic to the tasks of {goal.name} that still run"
        )
        yield Finding("note", "deploy-in-flight", message)
    elif service.running:
        yield _in_the_way(known, service, source.name, goal.name)
    yield from _about_goal(move, goal)
    if not way.container:
        message = f"{service.name}: nothing names the container that gets the traffic"
        yield Finding("blocker", "no-container", message, "deploy it by hand, with its AppSpec")
    yield from _on_the_way(service.name, way)


def _about_goal(move: Move, goal: Side) -> Iterator[Finding]:
    """Yield that the target served, and failed when it was deployed again."""
    read: Read | None = details.facts_of(move.current).reads.get(move.target.app)
    failed = (
        failed_since(read.service, read.codedeploy, goal.arn) if read and read.codedeploy else None
    )
    if failed:
        error = failed.error_information
        message = (
            f"{move.target.app}: {goal.name} served, but its last deployment"
            f" {failed.deployment_id} {failed.status.lower()}"
            f" ({clean(': '.join(filter(None, (error.code, error.message))) or 'no reason', 200)})"
        )
        yield Finding("warning", "failed-since", message, "see whether that reason still holds")


def _in_the_way(known: Details, service: ServiceDetails, source: str, goal: str) -> Finding:
    """CodeDeploy takes one deployment at a time."""
    message = (
        f"{source} of {service.name} is being deployed ({service.running}), and stopping it does"
        f" not lead to {goal}: CodeDeploy takes no other deployment before it has ended"
    )
    words = ("--deployment-id", service.running, "--auto-rollback-enabled")
    stop = typed_deploy(known, "stop-deployment", *words)
    return Finding("blocker", "deploy-in-flight", message, f"{stop}; once it has ended, plan again")


def _on_the_way(name: str, way: CodeDeployDetails) -> Iterator[Finding]:
    if way.by_hand:
        message = (
            f"{name}: CodeDeploy waits up to {way.waits} minutes for a person to shift the traffic,"
            " and stops the deployment without one"
        )
        fix = "once it is Ready: aws deploy continue-deployment --deployment-wait-type READY_WAIT"
        yield Finding("warning", "manual-shift", message, f"{fix} --deployment-id ID")
    if way.hooks is None:
        message = (
            f"{name}: the AppSpec of its last deployment cannot be read: its hooks do not run, and"
            " platform version and network are those of the service"
        )
        fix = "allow codedeploy:GetApplicationRevision, and s3:GetObject for AppSpecs in S3"
        yield Finding("warning", "appspec-unknown", message, fix)
    elif way.hooks:
        message = (
            f"{name}: the hooks of its last deployment run again, with the target's tasks:"
            f" {clean(', '.join(way.hooks), 300)}; one that fails ends the rollback"
        )
        yield Finding("warning", "hooks-run", message, "see whether they fit the target")
    yield Finding("note", "codedeploy-time", f"{name}: {_time(way)}")


def _time(way: CodeDeployDetails) -> str:
    config = clean(way.config, 80)
    if way.shift is None:
        told = f"how long {config} shifts traffic cannot be read: a step waits 20 minutes"
    elif way.shift:
        told = f"{config} shifts traffic for {way.shift} minutes"
    else:
        told = f"{config} shifts all traffic at once"
    held = f", {way.waits} minutes after the new tasks run" if way.waits else ""
    kept = f"; the old tasks stay {way.keeps} more minutes" if way.keeps else ""
    return f"{told}{held}{kept}"
