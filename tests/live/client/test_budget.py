"""A whole conversation stays within its budget: two requests, three with the phrase, and 1,200 tokens of ours."""

import tempfile
from pathlib import Path

import pytest

from tests.bench import conversation

LIMITS = {
    "quick": (2, 1200), "protected, with the phrase": (3, 1200), "first time, no settings": (3, 1200), "restore": (2, 1000),
    "history only": (1, 700), "already there": (1, 650), "choose": (1, 650), "not understood": (0, 50),
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
        assert "rolled-back" in cost.seen.results[0] and "1 of 1 healthy" in cost.seen.results[0]
