"""How a run ends: partly, unhealthy, interrupted, killed, late; which code wins; what the ledger learns of it."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from msgspec.structs import replace
from scripted import wait_for
from shop import LAST, NOW, Shop, shop

from rollback.flow import health, record, result
from rollback.model import Check, HealthReport
from rollback.records import run as runs

__all__ = ["shop"]
pytestmark = [pytest.mark.programs, pytest.mark.network]


@pytest.fixture
def answers(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """What the shop's health endpoint answers while a release is live."""
    monkeypatch.setattr(health, "SETTLE", {"execute": 0.5, "restore": 0.5})
    table: dict[str, int] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(table.get(shop.live(), 200))
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shop.settings(health=[{"url": f"http://127.0.0.1:{server.server_port}/", "attempts": 1}])
    yield table
    server.shutdown()
    server.server_close()


def test_healthy_afterwards_is_exit_0_and_good_in_the_ledger(
    shop: Shop, answers: dict[str, int]
) -> None:
    answers[NOW] = 500
    shop.plan()
    told = shop.execute()
    assert (told.outcome, told.exit, told.health.verdict) == ("done", 0, "healthy")
    assert {check.phase for check in told.health.checks} == {"before", "after"}
    assert shop.ledger() == [(NOW, "seen"), (NOW, "rolled-back-from"), (LAST, "good")]


def test_unhealthy_afterwards_is_exit_7_with_the_way_back_and_failed_in_the_ledger(
    shop: Shop, answers: dict[str, int]
) -> None:
    answers[LAST] = 500
    shop.plan()
    told = shop.execute()
    assert (told.outcome, told.exit, shop.live()) == ("done", 7, LAST)
    assert any("restore.py" in item for item in told.open)
    assert (LAST, "failed") in shop.ledger()


def test_what_failed_before_too_is_said_and_speaks_against_nobody(
    shop: Shop, answers: dict[str, int]
) -> None:
    answers.update({LAST: 500, NOW: 500})
    shop.plan()
    told = shop.execute()
    assert told.exit == 7 and any(
        "failed before, too" in check.detail for check in told.health.checks
    )
    assert shop.ledger() == [(NOW, "seen"), (NOW, "rolled-back-from")]


@pytest.mark.parametrize(("status", "verdicts"), [(500, [(LAST, "failed")]), (200, [])])
def test_a_step_that_fails_after_the_switch_speaks_against_a_release_and_never_for_it(
    shop: Shop, answers: dict[str, int], status: int, verdicts: list[tuple[str, str]]
) -> None:
    answers[LAST] = status
    file = shop.project / ".claude/deployment-rollback.yml"
    (known,) = json.loads(file.read_text())["environments"].values()
    shop.settings(**{**known, "restart": ["false"]})
    shop.plan()
    assert shop.execute().exit == 5
    assert shop.ledger() == [(NOW, "seen"), (NOW, "rolled-back-from"), *verdicts]


def test_a_failing_restart_is_exit_5_with_the_reason(shop: Shop) -> None:
    shop.settings(restart=["sh", "-c", "echo no such unit >&2; exit 3"])
    shop.plan()
    told = shop.execute()
    assert (told.exit, told.targets[0].state, shop.live()) == (5, "failed", LAST)
    assert any("no such unit" in line for line in shop.told) and "execute.py" in (told.next or "")
    assert runs.state(shop.run) == "unfinished"
    assert shop.execute("restore").exit in (5, 11) and shop.live() == NOW


@pytest.fixture
def slow(shop: Shop) -> Path:
    """A restart that takes its time until a file is there."""
    go, going = shop.root / "go", shop.root / "going"
    loop = 'trap "echo $$ >$1.signalled; exit 9" INT TERM HUP; touch "$1"; while [ ! -e "$2" ]; do sleep 0.05; done'
    shop.settings(restart=["sh", "-c", loop, "sh", str(going), str(go)], unattended=True)
    shop.plan()
    return going


def start(shop: Shop, *words: str) -> subprocess.Popen[str]:
    argv = shop.argv("execute", "--digest", shop.digest(), "--reason", "x", "--json", *words)
    return subprocess.Popen(
        argv,
        env=shop.environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_resumable_and_says_how_to_go_on(
    shop: Shop, slow: Path, number: int
) -> None:
    process = start(shop)
    wait_for(slow.exists)
    os.kill(process.pid, number)
    out, talk = process.communicate(timeout=30)
    facts = json.loads(out)
    assert (process.returncode, facts["exit"], facts["outcome"]) == (130, 130, "interrupted"), talk
    assert "execute.py" in facts["next"] and Path(f"{slow}.signalled").exists()
    (shop.root / "go").touch()
    assert shop.execute().outcome == "done" and runs.state(shop.run) == "finished"


def test_a_deadline_ends_it_resumable(shop: Shop, slow: Path) -> None:
    process = start(shop, "--deadline", "31.5")
    out, talk = process.communicate(timeout=40)
    assert (process.returncode, json.loads(out)["outcome"]) == (8, "interrupted"), talk
    (shop.root / "go").touch()
    assert shop.execute().outcome == "done"


def test_a_script_that_was_killed_can_go_on(shop: Shop, slow: Path) -> None:
    process = start(shop)
    wait_for(slow.exists)
    script = int(subprocess.check_output(["pgrep", "-P", str(process.pid)], text=True).split()[0])
    os.kill(script, signal.SIGKILL)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130 and json.loads(out)["outcome"] == "interrupted"
    (shop.root / "go").touch()
    settle(shop)


def test_killed_itself_the_script_goes_on_and_the_next_start_finds_it_done(
    shop: Shop, slow: Path
) -> None:
    process = start(shop)
    wait_for(slow.exists)
    process.kill()
    process.communicate()
    second = start(shop)
    out, _ = second.communicate(timeout=30)
    assert second.returncode == 9 and json.loads(out)["error"]["code"] == "locked"
    (shop.root / "go").touch()
    wait_for(lambda: runs.state(shop.run) == "finished")
    assert settle(shop) == "done" and (shop.run / "summary.md").exists()


def settle(shop: Shop) -> str:
    wait_for(lambda: (third := start(shop)).communicate(timeout=30) and third.returncode in (0, 11))
    assert shop.live() == LAST and runs.state(shop.run) == "finished"
    return json.loads((shop.run / "outcome.json").read_text())["outcome"]


def test_two_at_once_are_one(shop: Shop, slow: Path) -> None:
    first = start(shop)
    wait_for(slow.exists)
    second = start(shop)
    out, _ = second.communicate(timeout=30)
    assert second.returncode == 9 and json.loads(out)["error"]["exit"] == 9
    (shop.root / "go").touch()
    assert first.wait(30) == 11 and first.communicate()


@pytest.mark.parametrize("pair", list(itertools.combinations([130, 5, 8, 7, 11, 0], 2)), ids=str)
def test_the_first_of_the_order_wins(pair: tuple[int, int]) -> None:
    assert next(code for code in result.PRECEDENCE if code in pair) == pair[0]


def test_only_what_is_new_speaks_against_a_release() -> None:
    before = HealthReport("unhealthy", (Check("a", "unhealthy"), Check("b", "healthy")))
    checks = (Check("a", "unhealthy"), Check("b", "waiting"), Check("c", "healthy"))
    after = HealthReport("unhealthy", tuple(replace(check, phase="after") for check in checks))
    assert [check.name for check in record.newly_failing(before, after)] == ["b"]
