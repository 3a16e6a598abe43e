"""Whether new production deployments get the production domains: a rollback turns that off."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import join

from rollback.model import Finding
from rollback.platforms.vercel.client import Project
from rollback.platforms.vercel.details import Details

OFF = "auto-publish-off"  # it is off now
AFTERWARDS = "auto-publish"  # it will be off


def standing(project: Project) -> list[Finding]:
    """Report that it is off while this project is live; said again by `plan.py status`."""
    if project.auto_assign_custom_domains is not False:
        return []
    message = (
        f"{project.name}: new production deployments do not get the production domains "
        "(auto-assign is off since a rollback, or by a setting)"
    )
    fix = f"once the fix is deployed: {promote('DEPLOYMENT_URL')}; or {switch(project.id)}"
    return [Finding("note", OFF, message, fix)]


def planned(known: Details) -> Iterator[Finding]:
    """Report what the rollback changes about it."""
    fix = f"once the fix is deployed: {promote('DEPLOYMENT_URL')}; or {switch(known.project)}"
    if known.auto_assign is None:
        message = (
            f"Vercel does not tell whether {known.name} assigns its production domains by itself; "
            "after the rollback it does not"
        )
        yield Finding("warning", AFTERWARDS, message, fix)
    elif known.auto_assign:
        message = (
            f"auto-assign of {known.name} is on, and the rollback turns it off: later deployments "
            "build, and reach nobody"
        )
        yield Finding("warning", AFTERWARDS, message, fix)


def promote(deployment: str) -> str:
    """Return the command that moves the domains to a deployment and turns auto-assign on."""
    return join(("vercel", "promote", deployment))


def switch(project: str) -> str:
    """Return the command that only turns auto-assign on."""
    path = f"/v9/projects/{project}"
    return join(("vercel", "api", path, "-X", "PATCH", "-F", "autoAssignCustomDomains=true"))
