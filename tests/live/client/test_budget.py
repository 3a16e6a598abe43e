"""A whole conversation stays within its budget of requests, and of tokens (o200k) of ours: a quick rollback costs two and 1,100."""

import tempfile
from pathlib import Path

import pytest

from tests.bench import conversation

LIMITS = {
    "quick": (2, 1100), "protected, with the phrase": (3, 1160), "first time, no settings": (3, 1160), "restore": (2, 1000),
    "dry run": (1, 800), "history only": (1, 730), "already there": (1, 630), "choose": (1, 680), "not understood": (0, 50),
}  # fmt: skip


# in one shop: what changes nothing stands first, what needs a rollback behind it last
IN_TURN = [
    ("history only", "dry run", "not understood", "quick", "already there", "restore"),
    ("protected, with the phrase",),
    ("first time, no settings",),
    ("choose",),
]


def test_every_limit_is_measured():
    assert sorted(LIMITS) == sorted(workflow for workflows in IN_TURN for workflow in workflows)


@pytest.mark.parametrize("workflows", IN_TURN)
def test_a_conversation_costs_no_more_than(installed, workflows):
    with tempfile.TemporaryDirectory(prefix="rb-") as scratch:  # a path as short as people's are
        costs = conversation.measure_in_turn(workflows, Path(scratch), installed)
    for workflow, cost in zip(workflows, costs, strict=True):
        within_its_limits(workflow, cost)


def within_its_limits(workflow, cost):
    requests, tokens = LIMITS[workflow]
    assert cost.requests == requests, (workflow, cost.seen.results)
    assert cost.tokens <= tokens, (
        workflow,
        cost.skill,
        cost.commands,
        cost.results,
        cost.typed,
        cost.seen.first,
    )
    if workflow in ("quick", "protected, with the phrase"):
        assert len(cost.seen.results[0]) <= 800  # characters, progress included
        assert "rolled-back" in cost.seen.results[0] and "1 of 1 healthy" in cost.seen.results[0]
