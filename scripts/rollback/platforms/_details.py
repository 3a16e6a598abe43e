"""Readers of what an adapter keeps of a target and of a release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from rollback.model import Move, Release, Target

Kind = TypeVar("Kind", bound=Struct)
Side_co = TypeVar("Side_co", covariant=True)
Side = TypeVar("Side")


class Sided(Protocol[Side_co]):
    """Details with what a move leaves and what it reaches; only those of a move have them."""

    @property
    def source(self) -> Side_co | None: ...
    @property
    def goal(self) -> Side_co | None: ...


def details_of(kind: type[Kind]) -> Callable[[Target], Kind]:
    """Return the reader of an adapter's details of a target; those of a plan.json are converted."""

    def of(target: Target) -> Kind:
        if isinstance(target.details, kind):
            return target.details
        return msgspec.convert(target.details, kind)

    return of


def sides_of(of: Callable[[Target], Sided[Side]]) -> Callable[[Move], tuple[Side, Side]]:
    """Return the reader of what a move leaves and what it reaches."""

    def sides(move: Move) -> tuple[Side, Side]:
        details = of(move.target)
        assert details.source and details.goal, move.id
        return details.source, details.goal

    return sides


def facts_of(kind: type[Kind]) -> Callable[[Release], Kind]:
    """Return the reader of an adapter's facts of a release, which a plan.json does not have."""

    def facts(release: Release) -> Kind:
        assert isinstance(release.facts, kind), release.id
        return release.facts

    return facts
