"""How tools with JavaScript modules reverse a migration, read without running it."""

from __future__ import annotations

import pytest

from rollback.migrations import migrations
from rollback.migrations._native import Way
from rollback.verdicts import operations as to

UP = "exports.up = async (knex) => {{ {} }};\n"
DROP = 'await knex.schema.alterTable("a", (t) => { t.dropColumn("b"); });'


def way(text: str, up: str = DROP) -> Way:
    native = migrations["knex"].NATIVE
    assert native
    (read,) = native.ways({"migrations/1_a.js": UP.format(up) + text}).values()
    return read


@pytest.mark.parametrize(
    "down",
    [
        "exports.down = async (knex) => {{ {} }};",
        "exports.down = function (knex) {{ {} }};",
        "export async function down(knex) {{ {} }}",
        "module.exports.down = (knex) => {{ {} }};",
    ],
)
def test_the_down_is_read_however_it_is_exported(down):
    read = way(down.format(DROP))
    assert read.operations == (to.DropColumn("a", "b"),)
    assert read.down[-2:] == ("migrate:down", "1_a.js")
    assert read.up[-2:] == ("migrate:up", "1_a.js")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it has no down"),
        ("exports.down = async () => {};", "its down is empty"),
        ("exports.down = async () => { throw new Error('no'); };", "line 2: throw new Error"),
        ("exports.down = async (knex) => {", "its file does not parse"),
    ],
)
def test_what_cannot_go_back_is_a_problem(text, problem):
    assert way(text).problem.startswith(problem)


def test_a_down_that_only_running_would_tell_is_unknown():
    (unknown,) = way("exports.down = (knex) => helper(knex);").operations
    assert isinstance(unknown, to.Opaque)
