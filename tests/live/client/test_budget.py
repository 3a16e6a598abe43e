"""A whole conversation stays within its budget of requests, and of tokens (o200k) of ours: a quick rollback costs two and 1,100."""

import tempfile
from pathlib import Path

import pytest

from tests.bench import conversation

LIMITS = {
    "quick": (2, 1100), "protected, with the phrase": (3, 1160), "first time, no settings": (3, 1160), "restore": (2, 1000),
    "dry run": (1, 800), "history only": (1, 730), "already there": (1, 630), "choose": (1, 680), "not understood": (0, 50),
}  # fmt: skip


@pytest.mark.parametrize("workflow", LIMITS)
def test_a_conversation_costs_no_more_than(installed, workflow):
    with tempfile.TemporaryDirectory(prefix="rb-") as scratch:  # a path as short as people's are
        cost = conversation.measure(workflow, Path(scratch), installed)
    requests, tokens = LIMITS[workflow]
    assert cost.requests == requests, cost.seen.results
    assert cost.tokens <= tokens, (
        cost.skill,
        cost.commands,
        cost.results,
        cost.typed,
        cost.seen.first,
    )
    if workflow in ("quick", "protected, with the phrase"):
        assert len(cost.seen.results[0]) <= 800  # characters, progress included
        assert "rolled-back" in cost.seen.results[0] and "1 of 1 healthy" in cost.seen.results[0]
