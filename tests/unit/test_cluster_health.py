"""The health of a workload: its revision is called what the plan called it."""

from __future__ import annotations

from cluster_moves import deployment, revision
from msgspec.structs import replace

from rollback.platforms._cluster.health import _ready


def test_a_revision_keeps_the_number_that_the_plan_named() -> None:
    """A rollback gives revision 2 the next number."""
    workload = deployment()
    assert "pods of revision 2" in _ready(workload, revision(2), []).detail
    after = replace(revision(4), earlier=(1, 2))
    assert "pods of revision 2 (now numbered 4)" in _ready(workload, after, []).detail
    assert "pods of revision ?" in _ready(workload, None, []).detail
