"""Who may start it: the committed decision, --force, a person at the terminal; never an agent client by itself."""

from __future__ import annotations

import json
import subprocess

import pytest
from person import at_terminal
from shop import LAST, NOW, Shop, shop

from rollback.approval import agent, shown
from rollback.errors import ApprovalNeeded, Usage

__all__ = ["shop"]
pytestmark = [pytest.mark.programs, pytest.mark.network]


class TestUnattended:
    def test_with_committed_settings_a_digest_and_a_reason_it_runs(self, shop: Shop) -> None:
        shop.settings(unattended=True)
        shop.plan()
        assert (
            shop.execute(approved=False, digest=shop.digest(), reason="nightly").outcome == "done"
        )
        assert [line["by"] for line in shop.audit() if line["event"] == "approval"] == ["settings"]

    def test_settings_that_are_not_committed_do_not_count(self, shop: Shop) -> None:
        shop.settings(unattended=False)
        shop.settings(commit=False, unattended=True)
        shop.plan()
        shop.refused(
            ApprovalNeeded, "not-unattended", approved=False, digest=shop.digest(), reason="x"
        )

    def test_without_git_nothing_is_committed(self, shop: Shop) -> None:
        shop.settings(commit=False, unattended=True)
        shop.plan()
        shop.refused(
            ApprovalNeeded, "not-unattended", approved=False, digest=shop.digest(), reason="x"
        )

    def test_another_digest_is_refused(self, shop: Shop) -> None:
        shop.settings(unattended=True)
        shop.plan()
        shop.refused(ApprovalNeeded, "digest-differs", approved=False, digest="0" * 64, reason="x")

    @pytest.mark.parametrize("reason", [None, "", "  "])
    def test_without_a_reason_it_is_refused(self, shop: Shop, reason: str | None) -> None:
        shop.settings(unattended=True)
        shop.plan()
        shop.refused(Usage, "reason-needed", approved=False, digest=shop.digest(), reason=reason)

    def test_only_for_the_levels_that_were_committed(self, shop: Shop) -> None:
        shop.settings(unattended=True, unattended_for=["with-db"])
        shop.plan()
        shop.refused(
            ApprovalNeeded, "level-not-unattended", approved=False, digest=shop.digest(), reason="x"
        )

    @pytest.mark.parametrize("protected", [True, False])
    def test_beneath_an_agent_only_when_not_protected(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch, protected: bool
    ) -> None:
        shop.settings(unattended=True, protected=protected)
        shop.plan()
        monkeypatch.setattr(agent, "client_above", lambda: "a test")
        if protected:
            shop.refused(
                ApprovalNeeded, "agent-client", approved=False, digest=shop.digest(), reason="x"
            )
        else:
            assert shop.execute(approved=False, digest=shop.digest(), reason="x").outcome == "done"


class TestForce:
    def test_it_skips_the_question_where_nothing_is_protected(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(agent, "client_above", lambda: None)
        shop.plan()
        assert shop.execute(approved=False, force=True).outcome == "done"

    def test_never_beneath_an_agent_client(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(agent, "client_above", lambda: "a test")
        shop.plan()
        shop.refused(ApprovalNeeded, "agent-client", approved=False, force=True)

    def test_never_for_a_protected_environment(self, shop: Shop) -> None:
        shop.plan("production")
        exit, screen = at_terminal(shop.argv("execute", "--force"), shop.environment(), "yes")
        assert exit == 4 and "Type ROLLBACK PRODUCTION" in screen and shop.untouched()


class TestAtTheTerminal:
    def test_the_plan_is_shown_and_yes_runs_it(self, shop: Shop) -> None:
        shop.plan()
        exit, screen = at_terminal(shop.argv(), shop.environment(), "yes")
        assert (
            exit == 11
            and f"{NOW} -> {LAST}" in screen
            and "Type yes to roll back staging: " in screen
            and shop.live() == LAST
        ), screen

    @pytest.mark.parametrize("answer", ["no", "YES", "", b"\x04", b"yes\x04\x04"])
    def test_another_answer_changes_nothing(self, shop: Shop, answer: str | bytes) -> None:
        shop.plan()
        exit, screen = at_terminal(shop.argv(), shop.environment(), answer)
        assert exit == 4 and "nothing was changed" in screen and shop.untouched(), screen

    @pytest.mark.parametrize("words", [[], ["--force"]])
    def test_a_plan_that_was_changed_since_is_not_asked_about(
        self, shop: Shop, words: list[str]
    ) -> None:
        shop.plan()
        shown.remember(shop.project, shop.run, shop.digest(), "")
        (shop.run / "question.execute.txt").write_text("nothing happens")
        exit, screen = at_terminal(shop.argv("execute", *words), shop.environment(), None)
        assert exit == 4 and "was changed after it was planned" in screen, screen
        assert "nothing happens" not in screen and shop.untouched()

    def test_a_question_with_control_characters_is_not_shown(self, shop: Shop) -> None:
        shop.plan()
        (shop.run / "question.execute.txt").write_text("\x1b[2Jnothing happens")
        exit, screen = at_terminal(shop.argv(), shop.environment(), None)
        assert exit == 4 and "is not a question" in screen, screen
        assert "nothing happens" not in screen and shop.untouched()

    def test_ctrl_c_at_the_question_changes_nothing(self, shop: Shop) -> None:
        shop.plan()
        exit, screen = at_terminal(shop.argv(), shop.environment(), b"\x03")
        assert exit == 130 and "nothing was changed" in screen and shop.untouched(), screen

    def test_the_phrase_may_carry_the_reason(self, shop: Shop) -> None:
        shop.plan("production")
        exit, screen = at_terminal(
            shop.argv(), shop.environment(), "ROLLBACK PRODUCTION: checkout fails"
        )
        assert exit == 11 and shop.live() == LAST, screen
        assert [line["reason"] for line in shop.audit() if line["event"] == "approval"] == [
            "checkout fails"
        ]

    def test_restore_asks_for_restore(self, shop: Shop) -> None:
        shop.plan()
        shop.execute()
        exit, screen = at_terminal(shop.argv("restore"), shop.environment(), "yes")
        assert exit == 11 and "Type yes to restore staging: " in screen and shop.live() == NOW, (
            screen
        )

    @pytest.mark.parametrize("words", [[], ["--force"]])
    def test_beneath_an_agent_client_nobody_is_asked(self, shop: Shop, words: list[str]) -> None:
        shop.plan()
        exit, screen = at_terminal(
            shop.argv("execute", *words), shop.environment(CLAUDECODE="1"), None
        )
        assert exit == 4 and "agent session" in screen and shop.untouched()

    def test_without_a_terminal_it_is_refused_in_one_document(self, shop: Shop) -> None:
        shop.plan()
        words = ["setsid", *shop.argv("execute", "--json")]
        done = subprocess.run(
            words, env=shop.environment(), capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert (
            done.returncode == 4
            and json.loads(done.stdout)["error"]["exit"] == 4
            and shop.untouched()
        )


def test_a_credential_in_the_reason_is_written_nowhere(shop: Shop) -> None:
    shop.reason = "as postgres://shop:hunter2-hunter2@db/shop says"
    shop.plan()
    shop.execute()
    for file in (*shop.run.rglob("*"), *(shop.project / ".claude").rglob("*")):
        assert not file.is_file() or b"hunter2" not in file.read_bytes(), file
    assert "as postgres://***@db/shop says" in (shop.run / "summary.md").read_text()
