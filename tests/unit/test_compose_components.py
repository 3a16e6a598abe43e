"""Shares that name what is not their own never reach a script."""

from __future__ import annotations

import pytest
from sites import move

from rollback.errors import RollbackError
from rollback.flow import compose
from rollback.model import Command, Component, Guard, Line, Step

COMMAND = Command(("true",))


def component(id: str, steps: tuple[str, ...] = (), moves: tuple[str, ...] = ()) -> Component:
    own = move(component=id)
    guard = Guard(f"{id}.guard", "a release", COMMAND, (Line("2", "1", own.id),))
    rows = tuple(Step(step, step, COMMAND, moves=moves or (own.id,)) for step in steps)
    return Component(id, "platforms/stub", moves=(own,), guards=(guard,), steps=rows)


def test_shares_with_ids_of_their_own_are_accepted() -> None:
    compose.refuse_inconsistent([component("a", ("a.switch",)), component("b", ("b.switch",))])


@pytest.mark.parametrize(
    "broken",
    [
        component("a", ("a.switch", "a.switch")),
        component("a", ("a.guard",)),
        component("a", ("b.switch",)),
        component("a", ("a.Switch",)),
        component("a", ("a.switch",), ("b.shop",)),
    ],
    ids=["twice", "a guard's", "another component's", "odd", "another component's move"],
)
def test_a_share_with_an_id_that_is_not_its_own_is_refused(broken: Component) -> None:
    with pytest.raises(RollbackError) as refused:
        compose.refuse_inconsistent([broken])
    assert refused.value.code == "bug"
