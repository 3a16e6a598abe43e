"""The list of platforms that are recognised, not supported."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rollback.detection import unsupported

RULES: dict[str, dict[str, Any]] = json.loads(
    Path(unsupported.__file__).with_suffix(".json").read_text()
)
WITH_WORDS = [id for id, rule in RULES.items() if "words" in rule]


def alternatives(pattern: str) -> list[str]:
    """Split a pattern at the bars outside of groups, without what is no letter in it."""
    parts, depth = [""], 0
    for letter in pattern:
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [re.sub(r"\\b|\\|\(\?:|[\[\]?()]", "", part).lower() for part in parts]


@pytest.mark.parametrize("id", WITH_WORDS)
def test_every_deploy_step_has_one_of_the_words_looked_for_first(id):
    """Words are compared with text in lower case, before the pattern is tried."""
    for alternative in alternatives(RULES[id]["step"]):
        assert any(word in alternative for word in RULES[id]["words"]), alternative
