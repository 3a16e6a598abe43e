"""Tokens of texts, counted by a real tokenizer (o200k, npm's gpt-tokenizer): `bash tests/live/beds/client.sh install` fetches it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

BED = Path(__file__).resolve().parents[1] / "live/beds/client.sh"
COUNT = """
const { countTokens } = require(process.argv[1] + "/cjs/encoding/o200k_base.js");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map((text) => countTokens(text))));
"""


def count(texts: Sequence[str]) -> list[int]:
    """Return the number of tokens of each text. Raises CalledProcessError if the tokenizer is not installed."""
    package = subprocess.run(
        ["bash", BED, "path", "tokenizer"], check=True, capture_output=True, text=True
    ).stdout.strip()
    counted = subprocess.run(
        ["node", "-e", COUNT, package],
        input=json.dumps(texts),
        check=True,
        capture_output=True,
        text=True,
    )
    numbers: list[int] = json.loads(counted.stdout)
    return numbers
