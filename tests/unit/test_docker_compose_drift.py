"""Does this shell, with these files, make the containers that run? What differs is told by name, never by value."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from compose_recorded import CASES, Project, nothing_of_this_machine  # noqa: F401

from rollback.flow.choose import live
from rollback.platforms import docker_compose
from rollback.platforms.docker_compose.drift import in_memory
from rollback.shell import Answer

ASK = "docker compose --project-name shop --project-directory /srv/shop --file /proc/PID/fd/N --file /proc/PID/fd/N config"
RESOLVED = "services: {web: {environment: {COLOR: blue, SAME: red}}, db: {}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, CASES[0])


def hashes(project: Project, web: str) -> None:
    project.shell.changed[f"{ASK} --hash"] = (0, f"web {web}\ndb 1\n", "")
    project.shell.changed[ASK] = (0, RESOLVED, "")


def blockers(project: Project) -> list[str]:
    found = docker_compose.preflight(project.moves("v2"), project.shell)
    return [finding.message for finding in found if (finding.level, finding.code) == ("blocker", "environment-differs")]


def environment(project: Project, *entries: str) -> None:
    question, containers = project.containers()
    for one in containers:
        one["Config"]["Env"] = list(entries)
    project.shell.answers[question] = (0, json.dumps(containers), "")


def test_equal_hashes_are_no_finding(project):
    assert blockers(project) == []


def test_the_service_and_the_variable_are_named_and_no_value_is_shown(project):
    hashes(project, "0" * 64)
    environment(project, "COLOR=crimson", "SAME=red")
    (message,) = blockers(project)
    assert message.startswith("web: COLOR would change (from COLOR)")
    assert "crimson" not in message and "blue" not in message


def test_a_difference_outside_the_environment_is_a_finding_too(project):
    hashes(project, "0" * 64)
    environment(project, "COLOR=blue", "SAME=red")
    (message,) = blockers(project)
    assert message.startswith("web: its settings are not those it was started with")


def test_hashes_of_another_compose_version_prove_nothing_where_the_environment_is_the_same(project):
    hashes(project, "0" * 64)
    environment(project, "COLOR=blue", "SAME=red")
    project.shell.changed["docker compose version"] = (0, "2.40.3\n", "")
    assert blockers(project) == []
    environment(project, "COLOR=red", "SAME=red")
    assert len(blockers(project)) == 1


def test_files_that_compose_refuses_are_a_finding_with_its_reason(project):
    project.shell.changed[ASK] = (1, "", 'error while interpolating services.web.image: required variable TAG is missing a value: say which\n')
    (message,) = blockers(project)
    assert message.startswith("all services: error while interpolating") and "TAG" in message


def test_a_variable_that_only_the_target_needs_has_to_be_set(project, monkeypatch):
    for question, answer in project.shell.answers.items():
        if question.startswith("git") and question.endswith("/docker-compose.yml"):
            project.shell.answers[question] = (0, answer[1].replace("${COLOR:-red}", "${OLD_COLOR}"), "")
    (message,) = blockers(project)
    assert "variable OLD_COLOR is not set" in message
    monkeypatch.setenv("OLD_COLOR", "green")
    assert blockers(project) == []


def test_the_live_release_takes_the_files_whose_hash_its_containers_carry(project):
    (project.root / "docker-compose.yml").write_text(project.case["text"].replace("red", "yellow"))
    ask = project.shell.ask

    def only_the_old_ones_fit(command):
        files = [Path(word).read_text() for word in command.argv if word.startswith("/proc/")]
        return Answer((0, "web 0\n" if "--hash" in command.argv else RESOLVED, "")) if any("yellow" in text for text in files) else ask(command)

    project.shell.ask = only_the_old_ones_fit
    found = live(project.releases())
    assert "yellow" in found.facts["today"].files[0][1]
    assert "yellow" not in found.facts["source"].files[0][1]


def test_texts_are_readable_by_a_child_and_on_no_disk():
    with in_memory(["one", "two"]) as paths:
        assert [Path(path).read_text() for path in paths] == ["one", "two"]
        assert all(path.startswith(f"/proc/{os.getpid()}/fd/") for path in paths)
    assert not any(os.path.exists(path) for path in paths)
