"""The guards and steps of release folders: their ids, subjects and titles, for one host and for several."""

from __future__ import annotations

import msgspec
from folders_recorded import CASES, environment, read, reply, tools  # noqa: F401
from msgspec import structs

from rollback.contracts import rolls_back
from rollback.model import Command, Line, Move, Target
from rollback.platforms import release_folders
from rollback.platforms.release_folders import details
from rollback.platforms.release_folders.details import Details
from rollback.shell import Shell

LIVE, GOAL = "20261123090000", "20261121090000"
LIVE_LINE, GOAL_LINE = f"{LIVE} {'d' * 40}", f"{GOAL} {'b' * 40}"


def local(fp) -> list[Move]:
    """One Capistrano host."""
    return read(fp, CASES[0]["hosts"]).moves(GOAL)


def test_the_module_is_a_platform():
    assert rolls_back(release_folders)
    assert release_folders.locks([]) == []
    assert not release_folders.OPTIONS


def test_a_target_knows_its_component(fp):
    reply(fp, "", CASES[0]["hosts"][""])
    admin = structs.replace(environment(), component="admin")
    (target,) = release_folders.targets(admin, Shell("/"))
    assert target.component == "admin"


def test_every_move_belongs_to_its_targets_component(fp):
    (move,) = local(fp)
    assert (move.target.component, move.target.app, move.target.places) == ("app", "shop", ())


def test_the_guards_prove_the_host_and_the_target_release_first(fp):
    identity, current = release_folders.guards(local(fp))
    assert (identity.id, identity.subject) == (
        "app.1.host",
        f"the host or release {GOAL} at box:/srv/shop",
    )
    seen = "box /srv/shop"
    assert identity.lines == (Line(seen, seen),)
    assert identity.command == Command(("identity", "/srv/shop", GOAL, GOAL_LINE))
    assert (current.id, current.subject) == ("app.1.current", "the current link of box:/srv/shop")
    assert current.lines == (Line(LIVE_LINE, GOAL_LINE, "app.1"),)


def test_a_remote_host_is_proven_by_its_key(fp):
    case = next(case for case in CASES if "web1" in case["hosts"])
    moves = read(fp, case["hosts"]).moves(case["to"])
    guards = release_folders.guards(moves)
    first = guards[0]
    assert first.command.argv[:4] == ("remote_identity", "web1", "/srv/shop", case["to"])
    kinds = [guard.id.rpartition(".")[2] for guard in guards]
    assert kinds == ["host"] * len(moves) + ["current"] * len(moves)


def test_steps_and_undos_say_what_they_do(fp):
    steps = release_folders.steps(local(fp))
    assert [(step.id, step.moves) for step in steps] == [
        ("app.1.switch", ("app.1",)),
        ("app.1.restart", ("app.1",)),
        ("app.1.mark", ("app.1",)),
    ]
    assert [(step.title, step.undo.title) for step in steps] == [
        (f"Switch /srv/shop to {GOAL}", f"Switch /srv/shop back to {LIVE}"),
        ("Restart /srv/shop: sudo systemctl reload php-fpm",) * 2,
        (
            "Log the rollback in /srv/shop/revisions.log",
            f"Log the return to {LIVE} in /srv/shop/revisions.log",
        ),
    ]


def test_deployers_mark_says_what_it_does(fp):
    case = next(case for case in CASES if any("mark_bad" in step for step in case["steps"]))
    found = read(fp, case["hosts"])
    mark = release_folders.steps(found.moves(case["to"]))[-1]
    assert mark.title == f"Mark {found.live.id} in /srv/shop as BAD_RELEASE"
    assert mark.undo.title == f"Remove the BAD_RELEASE mark from {found.live.id} in /srv/shop"


def test_a_plan_read_from_its_file_gives_the_same_guards_and_steps(fp):
    """Then details are plain data, and facts are gone."""
    moves = local(fp)
    written = [
        structs.replace(
            move,
            current=structs.replace(move.current, facts=None),
            to=structs.replace(move.to, facts=None),
        )
        for move in moves
    ]
    loaded = msgspec.json.decode(msgspec.json.encode(written), type=list[Move])
    assert isinstance(loaded[0].target.details, dict)
    assert release_folders.guards(loaded) == release_folders.guards(moves)
    assert release_folders.steps(loaded) == release_folders.steps(moves)


def test_details_survive_a_file():
    target = Target("staging", "app", "release-folders", "shop", "box:/srv/shop", False)
    own = Details((), ("true",), "ana", serving={"box:/srv/shop": "1"})
    plain = msgspec.to_builtins(structs.replace(target, details=own))["details"]
    assert details.of(structs.replace(target, details=plain)) == own
