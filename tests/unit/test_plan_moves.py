"""Which parts of which target a plan moves."""

from types import SimpleNamespace

from msgspec.structs import replace

from rollback.flow import plan
from rollback.flow.choose import Choice
from rollback.flow.history import Place
from rollback.model import Move, Release, Target

ALIKE = [Release("2", status="live"), Release("1")]


def adapter(hosts):
    """Parts are hosts; each says what it serves now."""

    def moves(target, current, to):
        return [
            Move(replace(target, app=f"{target.app}@{host}"), Release(now), to)
            for host, now in hosts.items()
        ]

    return SimpleNamespace(moves=moves, bare=lambda releases: None)


def moved(hosts, target, to):
    where = Place(None, "p", adapter(hosts), None)
    return [
        (move.target.app, move.current.id, move.to.id)
        for move in plan._moves(where, target, ALIKE, Choice(to))
    ]


def test_a_host_that_lags_behind_moves_although_the_release_is_live_elsewhere():
    assert moved({"web1": "2", "web2": "1"}, Target("demo", "p", "shop", "w", False), ALIKE[0]) == [
        ("shop@web2", "1", "2")
    ]


def test_targets_with_the_same_history_are_not_mistaken_for_each_other():
    for app in ("shop", "worker"):
        assert moved({"web1": "2"}, Target("demo", "p", app, "w", False), ALIKE[1]) == [
            (f"{app}@web1", "2", "1")
        ]
