"""Defaults to borrow for engines that run all SQL of a migration in one transaction."""

from __future__ import annotations


def script(sql: str) -> str:
    """Return the SQL of a migration as it is."""
    return sql


def refusal(sql: str) -> str:
    """Return why no script can run this SQL: nothing."""
    return ""
