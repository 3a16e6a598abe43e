"""kill -9 after every line of the journal: started again, it ends where an undisturbed run would."""

from __future__ import annotations

import pytest
from folders_site import Site, kill_at

LINES = range(7)  # three steps, a start and a done each; 0: before the first


@pytest.mark.parametrize("lines", LINES)
def test_a_killed_rollback_and_a_killed_restore_resume(good_site: Site, lines: int):
    site, plan = good_site, good_site.plan()
    back, to = (plan["moves"][0][end]["id"] for end in ("current", "to"))
    kill_at(site, "execute", plan, lines)
    done = site.execute(plan, check=None)
    assert done["exit"] == 0, done
    assert (site.current(), site.log(), site.answer()) == (to, [to], (200, "v1.2.1"))
    assert not (site.files / ".current.rollback").exists()
    kill_at(site, "restore", plan, lines)
    done = site.restore(plan, check=None)
    assert done["exit"] == 0, done
    assert (site.current(), site.log(), site.answer()) == (back, [to, back], (200, "v1.2.3"))


@pytest.mark.parametrize("lines", [1, 3, 5])
def test_a_killed_rollback_can_be_restored(good_site: Site, lines: int):
    site, plan = good_site, good_site.plan()
    if kill_at(site, "execute", plan, lines) < len(LINES) - 1:  # else it was over before the kill
        assert site.plan(check=6)["findings"][0]["code"] == "unfinished-run"
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert (site.current(), site.answer()) == (plan["moves"][0]["current"]["id"], (200, "v1.2.3"))
    # a line that was never written needs no answer, but one that says what is so does no harm
    to, back = plan["moves"][0]["to"]["id"], plan["moves"][0]["current"]["id"]
    assert site.log() in ([], [back], [to, back])
