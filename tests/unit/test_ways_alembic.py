"""How Alembic reverses a revision, read without running it."""

from __future__ import annotations

import pytest
from test_read_alembic import revision

from rollback.migrations import migrations
from rollback.migrations._native import Way
from rollback.verdicts import operations as to


def way(files: dict[str, str], path: str) -> Way:
    native = migrations["alembic"].NATIVE
    assert native
    return native.ways(files)[path]


def reversible(id: str, below: str, down: str, up: str = "op.drop_column('a', 'b')") -> str:
    return f"{revision(id, below, up)}\ndef downgrade() -> None:\n    {down}\n"


def test_each_command_names_the_revision_below():
    files = {
        "v/1.py": reversible("a1", "None", "op.drop_table('a')"),
        "v/2.py": reversible("b2", "'a1'", "op.drop_column('a', 'c')"),
    }
    assert way(files, "v/1.py").down == ("alembic", "downgrade", "base")
    second = way(files, "v/2.py")
    assert (second.down, second.up) == (
        ("alembic", "downgrade", "a1"),
        ("alembic", "upgrade", "b2"),
    )
    assert second.operations == (to.DropColumn("a", "c"),)


@pytest.mark.parametrize(
    ("down", "problem"),
    [
        ("raise NotImplementedError('no way')", "raise NotImplementedError('no way')"),
        ("pass", "its down is empty"),
        ("'''nothing'''", "its down is empty"),
    ],
)
def test_a_downgrade_that_does_nothing_or_refuses_is_a_problem(down, problem):
    assert problem in way({"v/1.py": reversible("a1", "None", down)}, "v/1.py").problem


def test_a_revision_without_a_downgrade_is_a_problem():
    assert way({"v/1.py": revision("a1", "None")}, "v/1.py").problem == "it has no down"


def test_branches_are_not_reversed_alone():
    files = {
        "v/1.py": reversible("a1", "None", "op.drop_table('a')"),
        "v/2.py": reversible("b2", "'a1'", "op.drop_column('a', 'c')"),
        "v/3.py": reversible("c3", "'a1'", "op.drop_column('a', 'd')"),
        "v/4.py": reversible("d4", "('b2', 'c3')", "pass", "pass"),
    }
    assert "c3 follows the same revision" in way(files, "v/2.py").problem
    assert "merges branches" in way(files, "v/4.py").problem
