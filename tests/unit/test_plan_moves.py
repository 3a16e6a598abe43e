"""Which parts of which target a plan moves, in one component and in several."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sites import site, source, target

from rollback.errors import Usage
from rollback.flow import decide
from rollback.flow import selection as selections
from rollback.flow.history import ComponentHistory, History, TargetHistory
from rollback.model import Move, Release

ALIKE = (Release("2", status="live"), Release("1"))


def component(name: str, hosts: dict[str, str], *apps: str) -> ComponentHistory:
    """Parts are hosts; each says what it serves now."""

    def moves(target, current, to):
        return [
            Move(replace(target, app=f"{target.app}@{host}"), Release(serving), to)
            for host, serving in hosts.items()
        ]

    rows = tuple(TargetHistory(target(app, name), ALIKE) for app in apps or ("shop",))
    return ComponentHistory(source(name, moves=moves), rows)


def decided(wanted: str, *components: ComponentHistory, apps: tuple[str, ...] = ()):
    selection = selections.of(site(*(one.source for one in components)), apps)
    chosen = [one for one in components if one.source in selection.sources()]
    return decide.decide(History(selection, tuple(chosen)), wanted)


def moved(decision: decide.Decision) -> list[tuple[str, str, str]]:
    return [
        (move.id, move.current.id, move.to.id)
        for moves in decision.moves.values()
        for move in moves
    ]


def test_a_host_that_lags_behind_moves_although_the_release_is_live_elsewhere():
    decision = decided("2", component("app", {"web1": "2", "web2": "1"}))
    assert moved(decision) == [("app.shop-web2", "1", "2")]


def test_targets_with_the_same_history_are_not_mistaken_for_each_other():
    decision = decided("1", component("app", {"web1": "2"}, "shop", "worker"))
    assert moved(decision) == [
        ("app.shop-web1", "2", "1"),
        ("app.worker-web1", "2", "1"),
    ]


def test_names_that_look_alike_still_have_ids_of_their_own():
    decision = decided("1", component("app", {"web": "2"}, "a.b", "a-b", "A_B"))
    assert [id for id, _, _ in moved(decision)] == [
        "app.a-b-web",
        "app.a-b-web-2",
        "app.a-b-web-3",
    ]


class TestSeveralComponents:
    SITE = component("site", {"h": "2"})
    ADMIN = component("admin", {"h": "2"})

    def test_each_moves_its_own(self):
        assert [id for id, _, _ in moved(decided("previous", self.SITE, self.ADMIN))] == [
            "site.shop-h",
            "admin.shop-h",
        ]

    def test_a_component_can_be_named(self):
        decision = decided("previous", self.SITE, self.ADMIN, apps=("admin",))
        assert [id for id, _, _ in moved(decision)] == ["admin.shop-h"]

    def test_a_part_can_be_named(self):
        other = component("admin", {"x": "2"})
        decision = decided("previous", self.SITE, other, apps=("shop@x",))
        assert [id for id, _, _ in moved(decision)] == ["admin.shop-x"]

    def test_a_name_that_none_of_them_has_is_refused(self):
        with pytest.raises(Usage) as refused:
            decided("previous", self.SITE, self.ADMIN, apps=("blog",))
        assert refused.value.code == "unknown-app"

    def test_one_that_is_there_already_does_not_keep_the_others(self):
        there = component("site", {"h": "1"})
        decision = decided("1", there, self.ADMIN)
        assert decision.verdict == "ready"
        assert [id for id, _, _ in moved(decision)] == ["admin.shop-h"]
