"""A task definition that is named, and that no deployment which was read has brought."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecs_recorded import Account, error_of, read, target

from rollback.flow import choose, compose, looked_up
from rollback.model import Release
from rollback.platforms import ecs
from rollback.platforms.ecs.preflight import judged
from rollback.shell import Shell

ONE = {"shop": ["shop:8 SUCCESSFUL 1d", "shop:7 SUCCESSFUL 9d"]}
TWO = {"web": ["web:5 SUCCESSFUL 1d"], "worker": ["worker:4 SUCCESSFUL 2d"]}
SHELL = Shell(Path("/"))


@pytest.fixture
def look_up(monkeypatch: pytest.MonkeyPatch):
    def of(account: Account, wanted: str) -> Release | None:
        monkeypatch.setitem(ecs.look_up.__globals__, "connect", lambda *_: account)
        return ecs.look_up(target(account), read(account), wanted, SHELL)

    return of


def test_a_number_of_the_family_is_a_guess_with_its_images(look_up) -> None:
    account = Account(ONE)
    found = look_up(account, "shop:3")
    assert (found.id, found.guess, found.artifacts) == ("shop:3", True, {"shop": "shop:3"})
    assert found.images["shop/app"].endswith("shop:v3") and found.made_at
    assert account.requests.count("describe_task_definition") == 1
    (move,) = compose.with_ids("app", ecs.moves(target(account), choose.live(read(account)), found))
    assert next(row for row in judged(move) if row.code == "guess").level == "warning"


def test_an_inactive_one_is_registered_again(look_up) -> None:
    account = Account(ONE, inactive=["shop:3"])
    found = look_up(account, "shop:3")
    (move,) = compose.with_ids("app", ecs.moves(target(account), choose.live(read(account)), found))
    assert next(iter(ecs.steps([move]))).id == "app.shop.register-3"
    assert "registered-again" in {row.code for row in judged(move)}


def test_the_family_says_which_service_moves_and_the_others_stay(look_up) -> None:
    assert look_up(Account(TWO), "worker:2").id == "web:5+worker:2"
    assert look_up(Account(TWO), "web:1+worker:2").id == "web:1+worker:2"
    assert look_up(Account(TWO), "worker:2+web:1").id == "web:1+worker:2"


def test_another_family_is_an_error_that_names_those_that_run(look_up) -> None:
    error = error_of(look_up, Account(TWO), "mail:2")
    assert (error.code, error.exit_code) == ("release-elsewhere", 2) and error.fix
    assert "web: web, worker: worker" in error.message


def test_what_is_gone_or_no_name_of_a_definition_is_unknown(look_up) -> None:
    assert look_up(Account(ONE, deleted=["shop:3"]), "shop:3") is None
    account = Account(ONE)
    assert look_up(account, "v12") is None and "describe_task_definition" not in account.requests


def test_it_is_placed_by_its_time_and_known_by_the_name_that_was_given() -> None:
    known = [Release(id=f"r{day}", deployed_at=f"2026-01-{day}T00:00:00Z") for day in (29, 27, 25)]
    named = Release(id="r26", made_at="2026-01-26T00:00:00Z")
    placed = looked_up._placed(known, named, "r-twenty-six")
    assert [row.id for row in placed] == ["r29", "r27", "r26", "r25"]
    assert choose.hits(placed, "r-twenty-six") == [placed[2]]
    last = looked_up._placed(known, Release(id="old"), "old")
    assert last[-1].id == "old"
    again = looked_up._placed(known, known[1], "its address")
    assert len(again) == 3 and choose.hits(again, "its address") == [again[1]]
