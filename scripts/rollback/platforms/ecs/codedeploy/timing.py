"""How long a deployment takes until it has all traffic. Pure."""

from __future__ import annotations

from math import ceil

from rollback.platforms.ecs.codedeploy.answers import Routing
from rollback.platforms.ecs.codedeploy.known import Known


def minutes(routing: Routing | None) -> int | None:
    """Return the minutes that traffic is shifted for; None where that is not known."""
    if routing is None:
        return None
    if routing.type == "TimeBasedCanary":
        return routing.time_based_canary.canary_interval
    if routing.type == "TimeBasedLinear":
        linear = routing.time_based_linear
        return (ceil(100 / max(linear.linear_percentage, 1)) - 1) * linear.linear_interval
    return 0 if routing.type == "AllAtOnce" else None


def waits(known: Known) -> int:
    """Return the minutes that CodeDeploy holds traffic back: for a person, or for a test."""
    return (
        known.info.blue_green_deployment_configuration.deployment_ready_option.wait_time_in_minutes
    )


def by_hand(known: Known) -> bool:
    """Whether a person has to shift the traffic, or else CodeDeploy stops the deployment."""
    option = known.info.blue_green_deployment_configuration.deployment_ready_option
    return option.action_on_timeout == "STOP_DEPLOYMENT"


def keeps(known: Known) -> int:
    """Return the minutes that the old tasks stay after all traffic has left them."""
    blue_green = known.info.blue_green_deployment_configuration
    end = blue_green.terminate_blue_instances_on_deployment_success
    return end.termination_wait_time_in_minutes
