"""Heroku's releases: which one is live, which are no candidates, and what the script compares."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from heroku_recorded import CASES, chosen, read, row
from msgspec.structs import replace

from rollback.errors import Unreadable
from rollback.flow import choose
from rollback.platforms import heroku
from rollback.platforms.heroku import client, config_vars, remotes
from rollback.platforms.heroku.client import App, Reference
from rollback.platforms.heroku.details import Details
from rollback.platforms.heroku.preflight import judged
from rollback.platforms.heroku.readings import AddOn, Attachment, Reading, Slug
from rollback.platforms.heroku.releases import from_rows
from rollback.script import functions

each_case = pytest.mark.parametrize("case", CASES, ids=[case["case"][:50] for case in CASES])


@each_case
def test_each_release_has_its_status_and_what_speaks_against_it(case: Any) -> None:
    shown = [f"{r.id} {r.status} {r.skip or '-'} {r.commit or '-'}" for r in read(case)]
    assert shown == case["releases"]


@each_case
def test_the_target_is_the_newest_good_code_not_what_heroku_would_pick(case: Any) -> None:
    known = read(case)
    (move,) = chosen(known)
    assert (move.to.id, heroku.bare(known)) == (case["to"], case["bare"])


@each_case
def test_the_steps_are_what_a_person_would_type(case: Any) -> None:
    steps = heroku.steps(chosen(read(case)))
    assert [step.do.by_hand for step in steps] == case["steps"]
    assert [step.undo.do.by_hand for step in steps if step.undo] == case["restore"]


@each_case
def test_each_guard_line_is_the_proof_of_one_direction(case: Any) -> None:
    moves = chosen(read(case))
    (identity, live), (step,) = heroku.guards(moves), heroku.steps(moves)
    (line,) = live.lines
    assert step.proof and step.undo and step.undo.proof
    assert (line.source, line.goal) == (step.undo.proof.expect, step.proof.expect)
    assert identity.lines[0].source == identity.lines[0].goal == "1"
    assert all("HEROKU_API_KEY" in command.variables for command in (live.command, step.do))


def test_a_release_of_one_process_types_image_is_another_release() -> None:
    """Process types may have an image each, and be deployed one by one."""
    images = {4: ("web1", "worker1"), 5: ("worker2", "web1")}
    rows = [
        replace(
            row(
                f"{version} succeeded {'current' if version == 5 else '-'} image:x Deployed worker"
            ),
            artifacts=tuple(map(Reference, ids)),
        )
        for version, ids in images.items()
    ]
    assert [row.code for row in rows] == ["web1+worker1", "web1+worker2"]
    (move,) = chosen(from_rows(rows[::-1]))
    assert (move.current.id, move.to.id) == ("v5", "v4")


@pytest.mark.programs
def test_the_script_reads_all_images_of_a_release() -> None:
    """In any order, as the plan has them."""
    library = functions.LIBRARIES / "heroku.sh"
    rows = "0.artifacts.1.id\tweb1\n0.artifacts.0.id\tworker2\n1.artifacts.0.id\tweb0"
    script = f". {library}; rows=$1; heroku_images 0"
    done = subprocess.run(["bash", "-c", script, "x", rows], capture_output=True, text=True)
    assert done.stdout == "web1+worker2\n", done.stderr


def test_a_rollback_and_its_origin_are_one_release_under_two_names() -> None:
    known = read(CASES[1])
    assert [release.label for release in known] == ["v5 (v2)", "v4", "v3", "v2"]
    assert chosen(known, "v2") == [], "v5 is live, and is v2"
    (move,) = chosen(known, "v3")
    assert Details.__struct_fields__ and move.target.details.source.names == ("v5", "v2")


def test_only_the_config_goes_back_where_a_release_of_the_same_code_is_named() -> None:
    known = read(
        {"rows": ["3 succeeded current aa Set A config vars", "2 succeeded - aa Deploy aaaaaaaa"]}
    )
    (move,) = chosen(known, "v2")
    assert move.to.id == "v2" and choose.choose(known, "previous").to is None


def test_a_version_of_the_software_is_no_release() -> None:
    with pytest.raises(Exception, match=r"v1\.2\.3 is not in the history"):
        chosen(read(CASES[0]), "v1.2.3")


def test_an_origin_that_cannot_be_rolled_back_to_gives_way_to_its_rollback() -> None:
    rows = [row(text) for text in CASES[2]["rows"]]
    gone = [replace(r, eligible_for_rollback=False) if r.version == 3 else r for r in rows]
    (move,) = chosen(from_rows(gone))
    assert move.to.id == "v7"


REMOTES = """\
remote.origin.url git@github.com:ana/shop.git
remote.heroku.url https://git.heroku.com/shop-production.git
remote.staging.url git@heroku.com:shop-staging.git
remote.evil.url https://git.heroku.com.evil.example/other.git
remote.token.url https://heroku:not-shown@git.heroku.com/shop-qa.git
"""


def test_apps_are_read_from_git_remotes_of_heroku_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remotes, "git", lambda project, *words: REMOTES)
    known = remotes.apps(Path("/"))
    assert known == {"heroku": "shop-production", "staging": "shop-staging", "token": "shop-qa"}


def reading(**changed: Any) -> Reading:
    """What preflight reads of an app about which there is nothing to say."""
    plain = Reading([], App("1", "shop"), {}, {}, True, Slug(), True, [], [], [], [], None)
    return replace(plain, **changed)


def about(**changed: Any) -> dict[str, tuple[str, str]]:
    (move,) = chosen(read(CASES[0]))
    found = judged(move, reading(**changed))
    return {row.code: (row.level, row.message) for row in found}


def test_nothing_is_said_where_nothing_speaks_against_it() -> None:
    assert about() == {}


def test_an_older_value_of_an_add_on_blocks_and_no_value_is_told() -> None:
    many = {f"A{number}": "x" for number in range(20)}
    now, then = config_vars.hashes(
        {**many, "DATABASE_URL": "s3cret"}, {**dict.fromkeys(many, "y"), "DATABASE_URL": "0ld"}
    )
    found = about(now=now, then=then, attachments=[Attachment("DATABASE")])
    level, message = found["config-changes"]
    assert level == "warning" and "changed: A0, A1" in message and "DATABASE" not in message
    assert "and 12 more" in message and "s3cret" not in f"{found}{now}{then}"
    assert found["config-outdated"][0] == "blocker"


def test_a_variable_that_is_only_named_like_an_add_on_does_not_block() -> None:
    now, then = config_vars.hashes({"DATABASE_POOL": "9"}, {"DATABASE_POOL": "5"})
    found = about(now=now, then=then, attachments=[Attachment("DATABASE")])
    assert found["config-changes"][1].endswith("changed: DATABASE_POOL") and len(found) == 1


def test_hashes_of_two_readings_cannot_be_compared() -> None:
    """The salt is kept nowhere: a hash in a file tells nobody whether a guess is right."""
    (first,), (second,) = config_vars.hashes({"A": "1"}), config_vars.hashes({"A": "1"})
    assert first != second


@pytest.mark.parametrize(
    "attached", [[AddOn(("HEROKU_POSTGRESQL_RED_URL",))], []], ids=["by add-on", "by name"]
)
def test_an_add_on_that_the_target_does_not_know_blocks(attached: list[AddOn]) -> None:
    now, then = config_vars.hashes({"HEROKU_POSTGRESQL_RED_URL": "1", "OTHER": "2"}, {})
    names = [] if attached else [Attachment("HEROKU_POSTGRESQL_RED")]
    found = about(now=now, then=then, addons=attached, attachments=names)
    assert found["config-would-vanish"][0] == "blocker"
    assert found["config-changes"][1].endswith("dropped: OTHER")


def test_config_that_cannot_be_read_is_no_config_that_stays() -> None:
    assert about(config_known=False)["config-changes"][0] == "warning"


def test_a_slug_that_is_deleted_blocks_and_an_image_is_not_looked_up() -> None:
    assert about(slug=None)["artifact-gone"][0] == "blocker"
    assert about(slug=Slug(deleted_at="2026-11-01T00:00:00Z"))["artifact-gone"][0] == "blocker"
    assert about(slug=None, has_slug=False) == {}


def picked(*rows: str) -> tuple[str | None, dict[str, str]]:
    """The target, and what was skipped."""
    made = from_rows([row(text) for text in reversed(rows)])
    choice = choose.choose(made, "previous")
    return choice.to.id if choice.to else None, {skip.release: skip.code for skip in choice.skipped}


A, B = "a" * 40, "b" * 40


def test_a_commit_built_again_after_something_else_changed_is_another_release():
    to, _ = picked(
        f"3 succeeded - s0 Deploy {B}", f"4 succeeded - s1 Deploy {A}",
        "5 succeeded - s1 Set stack", f"6 succeeded current s2 Deploy {A}",
    )  # fmt: skip
    assert to == "v5"


def test_a_commit_that_was_just_built_again_is_the_same_code():
    to, skipped = picked(
        f"3 succeeded - s0 Deploy {B}", f"4 succeeded - s1 Deploy {A}",
        f"5 succeeded current s2 Deploy {A}",
    )  # fmt: skip
    assert (to, skipped) == ("v3", {"v4": "same-content"})


def test_a_rollback_from_one_build_to_another_says_that_they_differ():
    to, skipped = picked(
        f"4 succeeded - s1 Deploy {A}", f"5 succeeded - s2 Deploy {A}",
        "6 succeeded - s1 Rollback to v4", f"7 succeeded current s3 Deploy {B}",
    )  # fmt: skip
    assert to == "v6" and "v6" not in skipped


def test_a_config_var_that_was_rolled_back_does_not_condemn_the_code_below_it():
    to, skipped = picked(
        f"5 succeeded - s1 Deploy {A}", f"6 succeeded - s2 Deploy {B}",
        "7 succeeded - s2 Set FOO config vars", "8 succeeded - s2 Rollback to v6",
        f"9 succeeded current s3 Deploy {'c' * 40}",
    )  # fmt: skip
    assert to == "v8" and "v6" not in skipped


def test_an_older_commit_that_was_pushed_again_serves_what_it_served():
    to, skipped = picked(
        "2 succeeded - s0 Deploy " + "c" * 40, f"4 succeeded - s1 Deploy {A}",
        f"6 succeeded - s2 Deploy {B}", f"7 succeeded current s3 Deploy {A}",
    )  # fmt: skip
    assert (to, skipped) == ("v2", {"v6": "rolled-back-from", "v4": "same-content"})


@pytest.mark.parametrize("closed", ["slug", "builds", "addons", "attachments", "coupling"])
def test_what_this_account_may_not_read_is_told_and_stops_nothing(closed: str) -> None:
    """Nothing is concluded of it: a slug that may not be read is not gone."""
    (move,) = chosen(read(CASES[0]))
    told = list(judged(move, reading(slug=None if closed == "slug" else Slug(), closed=(closed,))))
    (finding,) = [row for row in told if row.code == "not-read"]
    assert finding.level == "warning" and "may not read" in finding.message
    assert not any(row.level == "blocker" for row in told)


def test_a_403_is_told_apart_from_what_is_not_there() -> None:
    class Closed:
        def all(self, paths: list[str], headers: Any, more: Any) -> list[Any]:
            codes = {"/a": "forbidden", "/b": "not-found"}
            return [Unreadable(codes[path], "no") for path in paths]

    answers = client.read(Closed(), ["/a", "/b"], {})  # type: ignore[arg-type]
    assert answers.bodies == {"/a": None, "/b": None} and answers.closed == {"/a"}
