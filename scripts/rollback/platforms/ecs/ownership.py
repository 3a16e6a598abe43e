"""Who made a service, and would bring the bad release back: CloudFormation, Terraform, others."""

from __future__ import annotations

from msgspec import Struct

from rollback.platforms.ecs.answers import Service
from rollback.text import clean


class Owner(Struct, frozen=True):
    """`name` is for people, "" where nobody is known; `fix` says how its state is corrected."""

    name: str = ""
    fix: str = ""


_TERRAFORM = ("terraform", "terraformed", "opentofu")


def of(service: Service) -> Owner:
    """Return the owner that the service's tags name."""
    tags = {tag.key.lower(): tag.value for tag in service.tags}
    stack = clean(tags.get("aws:cloudformation:stack-name", ""), 80)
    if copilot := clean(tags.get("copilot-service", ""), 60):
        app, env = (
            clean(tags.get(f"copilot-{key}", ""), 40) for key in ("application", "environment")
        )
        named = f"Copilot service {copilot} ({app}/{env})"
        return Owner(
            named, f"deploy the old code with Copilot next: copilot svc deploy --name {copilot}"
        )
    if stack:
        fix = f"set the old image in stack {stack} (in the CDK or SAM app) before its next update"
        return Owner(f"CloudFormation stack {stack}", fix)
    words = {*tags.keys(), *(value.lower() for value in tags.values())}
    if words & set(_TERRAFORM):
        fix = "set the old task definition or image in Terraform before the next apply"
        return Owner("Terraform (by its tags)", fix)
    return Owner()
