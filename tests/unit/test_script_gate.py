"""Nothing runs unapproved: what the scripts accept as a Yes, and everything they refuse."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from person import at_terminal
from scripted import World, sh, world

from rollback import clock
from rollback.approval import approvals, private
from rollback.records import audit, lock
from rollback.records import run as runs

__all__ = ["world"]
pytestmark = pytest.mark.programs


@pytest.fixture
def ready(world: World) -> World:
    world.save(world.plan("a"), payload="what the plan saw\n")
    return world


def refused(world: World, exit: int, said: str, why: str, code: int = 4) -> None:
    assert exit == code and why in said and "fix: " in said, said
    assert world.release("a") == "v2" and not (world.run / "journal.jsonl").exists()


def file_of(world: World, nonce: str) -> Path:
    return private.state_folder(world.project) / "approvals" / private.name_of(nonce)


def test_without_approval_and_terminal_nothing_runs(ready: World) -> None:
    refused(ready, *ready.do("execute", ""), "no terminal to ask on")


def test_a_made_up_nonce_opens_nothing(ready: World) -> None:
    ready.approve()
    refused(ready, *ready.do("execute", "0" * 32), "not on file")


def test_an_approval_is_used_once(ready: World) -> None:
    nonce = ready.approve()
    assert ready.do("execute", nonce)[0] == 0
    exit, said = ready.do("execute", nonce)
    assert exit == 4 and "not on file" in said


def test_an_approval_for_the_other_verb_opens_nothing(ready: World) -> None:
    refused(ready, *ready.do("execute", ready.approve("restore")), "not for execute")


def test_an_approval_for_another_plan_opens_nothing(ready: World) -> None:
    foreign = approvals.mint(ready.project, "0" * 64, "execute")
    refused(ready, *ready.do("execute", foreign), "for another plan")
    assert not file_of(ready, foreign).exists()


def test_an_old_approval_opens_nothing(ready: World) -> None:
    nonce = ready.approve()
    digest = approvals.digest(ready.run)
    file_of(ready, nonce).write_text(f"{digest} execute {int(time.time()) - 1}\n")
    refused(ready, *ready.do("execute", nonce), "older than 15 minutes")


def test_an_approval_that_cannot_be_used_up_opens_nothing(ready: World) -> None:
    nonce = ready.approve()
    ready.tool("rm", "exit 1")
    refused(ready, *ready.do("execute", nonce), "could not be used up")


@pytest.mark.parametrize("name", [*approvals.COVERED, "state/payload"])
def test_a_file_that_changed_after_the_approval_is_refused(ready: World, name: str) -> None:
    nonce = ready.approve()
    with open(ready.run / name, "a") as file:
        file.write("\n")
    refused(ready, *ready.do("execute", nonce), "not what was approved")


def test_a_payload_that_was_added_or_became_a_link_is_refused(ready: World) -> None:
    nonce = ready.approve()
    (ready.run / "state" / "more").write_text("x")
    refused(ready, *ready.do("execute", nonce), "not what was approved")
    (ready.run / "state" / "more").unlink()
    nonce = ready.approve()
    payload = ready.run / "state" / "payload"
    payload.rename(ready.root / "elsewhere")
    payload.symlink_to(ready.root / "elsewhere")
    refused(ready, *ready.do("execute", nonce), "not a regular file")


@pytest.mark.parametrize("verdict", ["blocked", "dry-run"])
def test_a_plan_that_is_not_ready_is_refused(world: World, verdict: str) -> None:
    world.save(world.plan("a", verdict=verdict))
    refused(world, *world.do(), f"this plan is {verdict}", code=6)


def test_an_expired_plan_is_refused_but_an_unfinished_run_goes_on(world: World) -> None:
    fails_once = sh(
        'test -e "$1" || { touch "$1"; exit 1; }; echo v1 >"$2"',
        str(world.file("once")),
        str(world.file("a")),
    )
    expired = replace(
        world.plan("a", steps=[world.step("a", do=fails_once)]), expires_at=clock.now(-5)
    )
    world.save(expired)
    refused(world, *world.do(), "expired", code=10)
    world.save(replace(expired, expires_at=clock.now(2)))
    assert world.do()[0] == 5
    time.sleep(3)
    assert world.do()[0] == 0


def test_an_abandoned_run_is_refused(ready: World) -> None:
    nonce = ready.approve()
    runs.abandon(ready.run)
    refused(ready, *ready.do("execute", nonce), "--abandon", code=6)


def test_a_run_that_never_started_has_nothing_to_restore(ready: World) -> None:
    refused(ready, *ready.do("restore"), "never started", code=2)


def test_without_flock_perl_keeps_runs_apart(ready: World) -> None:
    where = ready.root / "tools"
    where.mkdir()
    needed = "bash sh cat date sha256sum cut sort find perl rm mkdir head tr tail grep sed sleep cp"
    for name in needed.split():
        (where / name).symlink_to(shutil.which(name) or "")
    with lock.hold(ready.project, "ana"):
        assert "locked by ana" in ready.do(PATH=str(where))[1]
    assert ready.do(PATH=str(where))[0] == 0


UNMARKED = 'env -u CLAUDECODE "$@"; exit $?'


class TestAtTheTerminal:
    def ask(
        self, world: World, answer: str | bytes | None, verb: str = "rollback", **more: str
    ) -> tuple[int, str]:
        return at_terminal(
            ["bash", str(world.run / f"{verb}.sh")], world.environment(**more), answer
        )

    def test_yes_runs_it(self, ready: World) -> None:
        exit, screen = self.ask(ready, "  yes  ")
        assert exit == 0 and ready.release("a") == "v1", screen
        assert (
            "Type yes to roll back staging: " in screen
            and "app: a  v2 -> v1\n" in screen
            and "Switch a to v1" in screen
        )

    @pytest.mark.parametrize(
        "answer",
        ["y", "Yes", "", "no", "yes please", "ROLLBACK PRODUCTION", b"\x04", b"yes\x04\x04"],
    )
    def test_anything_else_does_not(self, ready: World, answer: str | bytes) -> None:
        exit, screen = self.ask(ready, answer)
        refused(ready, exit, screen, "nothing was changed")

    @pytest.mark.parametrize(
        "answer", ["yes", "rollback production", "ROLLBACK  PRODUCTION", "ROLLBACK STAGING"]
    )
    def test_a_protected_environment_needs_the_phrase(self, world: World, answer: str) -> None:
        world.save(world.plan("a", protected=True, environment="live"))
        exit, screen = self.ask(world, answer)
        refused(world, exit, screen, "nothing was changed")

    @pytest.mark.parametrize(
        "answer", ["ROLLBACK PRODUCTION", " ROLLBACK PRODUCTION : checkout fails"]
    )
    def test_the_phrase_runs_it_with_or_without_a_reason(self, world: World, answer: str) -> None:
        world.save(world.plan("a", protected=True, environment="live"))
        exit, screen = self.ask(world, answer)
        assert exit == 0 and "Type ROLLBACK PRODUCTION to roll back live: " in screen, screen

    def test_the_reason_goes_into_the_audit_once_and_hides_no_step(self, world: World) -> None:
        world.save(world.plan("a", protected=True, environment="live"))
        exit, screen = self.ask(
            world, b'ROLLBACK PRODUCTION: the "shop" is down, "step": "a\\ \xc3\xa4 \xff\n'
        )
        assert exit == 0, screen
        assert {line.event for line in runs.journal(world.run)} == {"start", "done"}
        for _ in range(2):
            audit.take_over(world.project, world.run)
        rows = [json.loads(line) for line in (world.project / audit.FILE).read_text().splitlines()]
        assert [row["event"] for row in rows] in (
            ["step"] * 2,
            ["reason", "step", "step"],
        )  # a byte that is no text costs the reason, never a step

    def test_the_reason_is_kept_beside_the_steps(self, world: World) -> None:
        world.save(world.plan("a", protected=True, environment="live"))
        self.ask(world, 'ROLLBACK PRODUCTION: the "shop" läuft nicht')
        audit.take_over(world.project, world.run)
        rows = [json.loads(line) for line in (world.project / audit.FILE).read_text().splitlines()]
        assert [row.get("reason") for row in rows] == ["the 'shop' läuft nicht", None, None]

    def test_the_way_back_says_restore(self, ready: World) -> None:
        ready.do()
        exit, screen = self.ask(ready, "yes", "restore")
        assert (
            exit == 0 and "Type yes to restore staging: " in screen and ready.release("a") == "v2"
        ), screen

    def test_ctrl_c_changes_nothing(self, ready: World) -> None:
        exit, screen = self.ask(ready, b"\x03")
        refused(ready, exit, screen, "nothing was changed", code=130)

    @pytest.mark.parametrize("mark", ["CLAUDECODE", "CLAUDE_CODE_SESSION_ID"])
    def test_beneath_an_agent_client_it_is_not_asked(self, ready: World, mark: str) -> None:
        exit, screen = self.ask(ready, None, **{mark: "1"})
        refused(ready, exit, screen, "inside an agent session")

    @pytest.mark.parametrize(
        "above",
        [
            ["env", "CLAUDECODE=1", "sh", "-c", UNMARKED, "sh"],
            ["{claude}", "-c", '"$@"; exit $?', "sh"],
        ],
    )
    def test_an_agent_client_further_up_is_found(self, ready: World, above: list[str]) -> None:
        shutil.copy(shutil.which("dash") or "/bin/sh", ready.root / "claude")
        words = [word.replace("{claude}", str(ready.root / "claude")) for word in above]
        exit, screen = at_terminal(
            [*words, "bash", str(ready.run / "rollback.sh")], ready.environment(), None
        )
        refused(ready, exit, screen, "inside an agent session")
