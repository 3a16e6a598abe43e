"""A step that nobody can take back is done only for a release that a person named."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from shop import LAST, Shop, shop

from rollback.flow import plan
from rollback.model import Plan
from rollback.platforms import release_folders

__all__ = ["shop"]
pytestmark = pytest.mark.programs


@pytest.fixture
def final(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    steps = release_folders.steps
    monkeypatch.setattr(release_folders, "steps", lambda moves: [replace(step, undo=None, irreversible=True) for step in steps(moves)])
    return shop


def planned(shop: Shop, wanted: str) -> Plan:
    return plan.make(plan.Request(shop.project, "staging", wanted)).plan


def test_previous_is_refused_and_names_the_step(final: Shop) -> None:
    made = planned(final, "previous")
    (blocker,) = [finding for finding in made.findings if finding.level == "blocker"]
    assert (made.verdict, blocker.code) == ("blocked", "irreversible")
    assert f"Switch {final.project} to {LAST}" in blocker.message and "name the release" in (blocker.fix or "")


def test_a_release_named_goes_through(final: Shop) -> None:
    made = planned(final, LAST)
    assert made.verdict == "ready" and made.steps[0].irreversible


def test_what_can_be_taken_back_needs_no_name(shop: Shop) -> None:
    assert planned(shop, "previous").verdict == "ready"
