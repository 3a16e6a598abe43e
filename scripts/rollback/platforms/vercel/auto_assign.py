"""Whether new production deployments get the production domains: a rollback turns that off."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding
from rollback.platforms.vercel import by_hand
from rollback.platforms.vercel.client import Project
from rollback.platforms.vercel.details import Details

OFF = "auto-publish-off"  # it is off now
AFTERWARDS = "auto-publish"  # it will be off


def standing(project: Project, team: str) -> list[Finding]:
    """Report that it is off while this project is live; said again by `plan.py status`."""
    if project.auto_assign_custom_domains is not False:
        return []
    message = (
        f"{project.name}: new production deployments do not get the production domains "
        "(auto-assign is off since a rollback, or by a setting)"
    )
    return [Finding("note", OFF, message, _fix(project.id, team))]


def planned(known: Details) -> Iterator[Finding]:
    """Report what the rollback changes about it."""
    fix = _fix(known.project, known.team)
    if known.auto_assign is None:
        message = (
            f"the rollback turns auto-assign of {known.name} off (Vercel does not tell whether it "
            "is on now): later deployments build, and reach nobody"
        )
        yield Finding("warning", AFTERWARDS, message, fix)
    elif known.auto_assign:
        message = (
            f"the rollback turns auto-assign of {known.name} off (it is on now): later deployments "
            "build, and reach nobody"
        )
        yield Finding("warning", AFTERWARDS, message, fix)


def _fix(project: str, team: str) -> str:
    moved, switched = by_hand.promote("DEPLOYMENT_URL", team), by_hand.switch(project, team)
    return f"once the fix is deployed: {moved}; or {switched}"
