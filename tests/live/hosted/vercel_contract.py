"""Answers of the loopback server, held against the models of the vendor's own SDK."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

BED = Path(__file__).parents[1] / "beds" / "hosted.sh"
SDK = "@vercel/sdk"


def bed(*words: str) -> Path:
    done = subprocess.run(["bash", str(BED), *words], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


# path is <bed>/@vercel/sdk/node_modules/.bin/@vercel/sdk; found before a test sets its own HOME
FOLDER = bed("path", SDK).parents[2] / SDK


def violations(answers: list[tuple[str, Any]]) -> list[str]:
    """What of these answers is not as the SDK reads them; equal ones are asked once."""
    if not FOLDER.exists():
        pytest.skip(f"{SDK} is missing: bash tests/live/beds/hosted.sh install {SDK}")
    if not shutil.which("node"):
        pytest.skip("node is missing")
    lines = dict.fromkeys(json.dumps({"shape": name, "body": body}) for name, body in answers)
    script = Path(__file__).with_name("vercel_models.mjs")
    done = subprocess.run(
        ["node", str(script), str(FOLDER)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
