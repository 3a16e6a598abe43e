"""The commands of a script: functions of this adapter, and the words that all take. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import join

from rollback.aws.variables import LOGIN
from rollback.model import Command, Move
from rollback.platforms.ecs import details
from rollback.platforms.ecs.details import Details, ServiceDetails, Side

_VARIABLES = (*LOGIN, "AWS_ENDPOINT_URL_CODEDEPLOY", "AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL_ECS")


def call(
    known: Details, function: str, *words: str, by_hand: str = "", seconds: float = 60
) -> Command:
    """Return a call of a function, in the account, region and cluster of the plan."""
    place = ("--region", known.region, "--profile", known.profile or "")
    words = (function, *place, "--cluster", known.cluster, *words)
    return Command(words, variables=_VARIABLES, by_hand=by_hand, timeout=seconds)


def typed(known: Details, *words: str, service: str = "ecs") -> str:
    """Return an aws command as a person types it."""
    profile = ("--profile", known.profile) if known.profile else ()
    return join(("aws", service, *words, "--region", known.region, *profile))


def typed_deploy(known: Details, *words: str) -> str:
    """Return a command of CodeDeploy as a person types it."""
    return typed(known, *words, service="deploy")


def copied(moves: Sequence[Move]) -> str:
    """Return the task definitions that go by a copy: ARN, @, the newest number before it."""
    every = (side for move in moves for side in details.sides(move))
    return " ".join(dict.fromkeys(f"{side.arn}@{side.after}" for side in every if is_copied(side)))


def stops(service: ServiceDetails, goal: Side) -> bool:
    """Whether stopping the deployment in flight leads to the goal."""
    return bool(service.running) and service.returns == goal.arn and not is_copied(goal)


def words_of_digests(side: Side) -> tuple[str, str]:
    return "--digests", " ".join(
        f"{name}={digest}" for name, digest in sorted(side.digests.items())
    )


def is_copied(side: Side) -> bool:
    return side.state == "INACTIVE"
