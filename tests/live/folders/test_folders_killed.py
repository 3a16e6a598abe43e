"""kill -9 at every point of the journal: run again, it ends where an undisturbed run would have."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import Any

import pytest
from folders_site import Site, of_run

LINES = range(7)  # three steps, a start and a done each; 0: before the first


def kill_at(site: Site, verb: str, plan: Any, lines: int) -> int:
    """Start it, and end all of it without warning as soon as the journal holds so many new lines. Returns how many it held."""
    before = len(site.journal(plan))
    process = site.start(verb, *site.approved(plan))
    while len(site.journal(plan)) - before < lines or not (lines or of_run(plan["run"])):
        assert process.poll() is None or len(site.journal(plan)) - before >= lines, (
            process.communicate()
        )
        time.sleep(0.002)
    for victim in [process.pid, *of_run(plan["run"])]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    process.communicate()
    for victim in of_run(plan["run"]):  # what was started between the look and the kill
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    return len(site.journal(plan)) - before


@pytest.mark.parametrize("lines", LINES)
def test_a_killed_rollback_goes_on(site: Site, lines: int):
    plan = site.plan()
    to = plan["moves"][0]["to"]["id"]
    kill_at(site, "execute", plan, lines)
    done = site.execute(plan, check=None)
    assert done["exit"] == 0, done
    assert (site.current(), site.log(), site.answer()) == (to, [to], (200, "v1.2.1"))
    assert not (site.files / ".current.rollback").exists()


@pytest.mark.parametrize("lines", LINES)
def test_a_killed_restore_goes_on(site: Site, lines: int):
    plan = site.plan()
    move = plan["moves"][0]
    site.execute(plan)
    kill_at(site, "restore", plan, lines)
    done = site.restore(plan, check=None)
    assert done["exit"] in (0, 7), done
    assert (site.current(), site.log()) == (
        move["current"]["id"],
        [move["to"]["id"], move["current"]["id"]],
    )
    assert site.answer() == (500, "v1.2.3")


@pytest.mark.parametrize("lines", [1, 3, 5])
def test_a_killed_rollback_can_be_taken_back(site: Site, lines: int):
    plan = site.plan()
    kill_at(site, "execute", plan, lines)
    assert site.plan(check=6)["findings"][0]["code"] == "unfinished-run"
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert (site.current(), site.answer()) == (plan["moves"][0]["current"]["id"], (500, "v1.2.3"))
    # a line that was never written needs no answer, but one that says what is so does no harm
    to, back = plan["moves"][0]["to"]["id"], plan["moves"][0]["current"]["id"]
    assert site.log() in ([], [back], [to, back])
