"""Detection against layouts of real projects: precision and recall of each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollback.detection.model import document
from rollback.flow import detect
from tests.detection import corpus

pytestmark = pytest.mark.programs  # git lists the files
PROJECTS = corpus.projects()
GOAL = 0.95


def look(project: dict[str, Any], root: Path) -> dict[str, Any]:
    corpus.lay_out(project, root)
    return document(detect.look(root))


@pytest.mark.parametrize("project", PROJECTS, ids=[each["project"] for each in PROJECTS])
def test_a_real_project_is_recognised(project: dict[str, Any], tmp_path: Path) -> None:
    found = look(project, tmp_path)
    missed = set(project.get("missed") or ())  # known, and counted as missed below
    for kind in corpus.KINDS:
        assert corpus.named(found, kind) == corpus.expected(project, kind) - missed, kind


@pytest.mark.parametrize("kind", corpus.KINDS)
def test_precision_and_recall_reach_the_goal(kind: str, tmp_path: Path) -> None:
    pairs = []
    for number, project in enumerate(PROJECTS):
        found = look(project, tmp_path / str(number))
        pairs.append((corpus.expected(project, kind), corpus.named(found, kind)))
    score = corpus.score(pairs)
    assert score.precision >= GOAL and score.recall >= GOAL, score


def test_the_corpus_is_large_and_varied() -> None:
    assert len(PROJECTS) >= 60
    assert (
        len(
            {
                name
                for each in PROJECTS
                for kind in corpus.KINDS
                for name in corpus.expected(each, kind)
            }
        )
        >= 40
    )
