"""Ids of the components that a plan has beside those of the settings: no setting may take one."""

from __future__ import annotations

import re
from collections.abc import Sequence

APP = "app"  # the only component of an environment without `components`
BACKUPS = "db-backup"  # of all databases that go back
INFRASTRUCTURE = "infrastructure"  # an environment's own


def config(component: str) -> str:
    """Return the id of the component that brings a component's configuration back."""
    return f"{component}-config"


def database(component: str, number: int) -> str:
    """Return the id of a component's database, the number-th of a plan."""
    id = "db" if component == APP else f"{component}-db"
    return id if number == 1 else f"{id}-{number}"


def taken(name: str, others: Sequence[str]) -> str:
    """Return what the plan calls by this name, given the other components; "" if nothing."""
    if name == BACKUPS:
        return "the backups of databases"
    for other in others:
        if name == config(other):
            return f'the configuration of "{other}"'
        if re.fullmatch(rf"{re.escape(database(other, 1))}(-[0-9]+)?", name):
            return f'the database of "{other}"'
    return ""
