"""Detection against layouts of real projects: what it names, how often it is right, what it picks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from rollback.detection.model import Detection, document
from rollback.errors import Usage
from rollback.flow import detect
from tests.detection import corpus

pytestmark = pytest.mark.programs  # git lists the files
PROJECTS = corpus.projects()
NAMES = [each["project"] for each in PROJECTS]
GOAL = 0.95
Look = Callable[[int], Detection]


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Look:
    """Look at a project by its number, once."""
    root = tmp_path_factory.mktemp("corpus")

    @cache
    def looked(number: int) -> Detection:
        place = root / str(number)
        place.mkdir()
        corpus.lay_out(PROJECTS[number], place)
        return detect.look(place)

    return looked


def picked(detection: Detection) -> str:
    """Return the platform that is rolled back without a question, or the error's code."""
    try:
        return detect.best(detection)[0]
    except Usage as error:
        return error.code


@pytest.mark.parametrize("number", range(len(PROJECTS)), ids=NAMES)
def test_a_real_project_is_recognised(number: int, look: Look) -> None:
    project, found = PROJECTS[number], document(look(number))
    missed = set(project.get("missed") or ())  # known, and counted as missed below
    for kind in corpus.KINDS:
        assert corpus.named(found, kind) == corpus.expected(project, kind) - missed, kind


@pytest.mark.parametrize("number", range(len(PROJECTS)), ids=NAMES)
def test_a_platform_that_is_not_the_projects_is_never_picked(number: int, look: Look) -> None:
    project, choice = PROJECTS[number], picked(look(number))
    able = corpus.expected(project, "platforms")
    if "asks" in project:
        assert choice == project["asks"]
    else:
        assert choice in able | {"no-platform", "unsure-platform", "several-platforms"}


@pytest.mark.parametrize("kind", corpus.KINDS)
def test_precision_and_recall_reach_the_goal(kind: str, look: Look) -> None:
    pairs = [
        (corpus.expected(project, kind), corpus.named(document(look(number)), kind))
        for number, project in enumerate(PROJECTS)
    ]
    score = corpus.score(pairs)
    assert score.precision >= GOAL and score.recall >= GOAL, score


def test_most_projects_of_a_single_platform_are_picked_without_a_question(look: Look) -> None:
    single = [
        number
        for number, project in enumerate(PROJECTS)
        if len(corpus.expected(project, "platforms")) == 1 and "asks" not in project
    ]
    answers = [picked(look(number)) for number in single]
    right = sum(
        answer in corpus.expected(PROJECTS[number], "platforms")
        for number, answer in zip(single, answers, strict=True)
    )
    assert right >= 0.8 * len(single), f"{right} of {len(single)}"


def test_the_corpus_is_large_and_varied() -> None:
    assert len(PROJECTS) >= 60
    names: list[Any] = [
        name for each in PROJECTS for kind in corpus.KINDS for name in corpus.expected(each, kind)
    ]
    assert len(set(names)) >= 40
