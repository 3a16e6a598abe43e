"""OpenTofu in a script: an apply that failed says that nothing was changed only where that is certain."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "templates/functions/opentofu.sh"
LOCK, STALE = "Error: Error acquiring the state lock\n", "Error: Saved plan is stale\n"

pytestmark = pytest.mark.programs


def judged(output: str, root: Path) -> tuple[int, bool]:
    """The status of a failed apply that printed this, and whether it says that nothing changed."""
    (root / "output").write_text(output)
    script = (
        f'OUTPUT=output; changed_nothing() {{ : >unchanged; }}; . "{FUNCTIONS}"; opentofu_unapplied'
    )
    done = subprocess.run(["bash", "-c", script], cwd=root, capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode, (root / "unchanged").exists()


@pytest.mark.parametrize(
    ("output", "status", "unchanged"),
    [(LOCK, 9, True), (STALE, 1, True), ("Error: no such bucket\n", 1, False)],
    ids=["locked", "stale", "failed"],
)
def test_what_was_refused_before_it_began_changed_nothing(tmp_path, output, status, unchanged):
    assert judged(output, tmp_path) == (status, unchanged)


@pytest.mark.parametrize(
    "began",
    [
        "terraform_data.a: Creating...\n",
        "terraform_data.a: Modifying... [id=1]\n",
        "terraform_data.a: Destroying... [id=1]\n",
        "terraform_data.a: Provisioning with 'local-exec'...\n",
    ],
)
@pytest.mark.parametrize("words", [LOCK, STALE], ids=["locked", "stale"])
def test_an_apply_that_began_may_have_changed_something_whatever_it_prints(tmp_path, began, words):
    """A command that a resource runs prints such words, too."""
    assert judged(began + words, tmp_path) == (1, False)
