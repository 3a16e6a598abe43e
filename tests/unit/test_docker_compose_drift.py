"""Does this shell, with these files, make the containers that run? Told by name, never by value."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

import pytest
from compose_recorded import CASES, Project, Replies, container, exited, source, target
from compose_recorded import nothing_of_this_machine as nothing_of_this_machine

from rollback.flow.choose import live
from rollback.platforms import docker_compose
from rollback.platforms.docker_compose.definition import files, resolved
from rollback.platforms.docker_compose.definition.resolved import Resolved
from rollback.platforms.docker_compose.services import drift
from rollback.shell import Answer

NOW = (
    "env ROLLBACK_STATE=/FOLDER/state docker compose --project-name shop"
    " --project-directory /srv/shop --env-file /FOLDER/state/now-env"
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, CASES[0])


def blockers(project: Project) -> list[str]:
    found = docker_compose.preflight(project.moves("v2"), project.shell)
    return [
        finding.message
        for finding in found
        if (finding.level, finding.code) == ("blocker", "environment-differs")
    ]


def written(folder: Path, text: str, at: str, **env_files: str) -> None:
    (folder / "compose.yaml").write_text(text)
    for name, content in env_files.items():
        path = folder / f"{name.strip('_')}.env" if name != "_" else folder / ".env"
        path.write_text(content)
        os.utime(path, (datetime.fromisoformat(at).timestamp(),) * 2)


EDITED, BEFORE = "2026-11-24T10:00:30+00:00", "2026-11-24T09:59:00+00:00"
FROM_FILE = "services: {web: {image: x, env_file: web.env}}\n"
FROM_DOTENV = "services: {web: {image: x, environment: {COLOR: '${SHADE}'}}}\n"
LITERAL = "services: {web: {image: x, env_file: web.env, environment: {COLOR: red}}}\n"


@pytest.mark.parametrize(
    ("text", "at", "edited"),
    [
        (FROM_FILE, EDITED, True),
        (FROM_FILE, BEFORE, False),
        (FROM_DOTENV, EDITED, True),
        (FROM_DOTENV, BEFORE, False),
        (LITERAL, EDITED, False),
    ],
)
def test_a_variable_from_a_file_edited_after_the_start_counts_as_edited(
    tmp_path, monkeypatch, text, at, edited
):
    written(tmp_path, text, at, web="COLOR=red\n", _="SHADE=red\n")
    running = [container("web", environment=("COLOR=blue",), created="2026-11-24T10:00:00.5Z")]
    monkeypatch.setattr(
        resolved, "resolve", lambda *_: Resolved({"web": {"environment": {"COLOR": "red"}}})
    )
    monkeypatch.delenv("SHADE", raising=False)
    found = target(*running, folder=str(tmp_path))
    shell = Replies({"image inspect": ""})
    (difference,) = drift.differences(found, files.today(found.details), running, shell)
    assert (difference.names, difference.edited) == (("COLOR",), edited)


def test_an_edited_variable_does_not_excuse_another_difference(tmp_path, monkeypatch):
    written(tmp_path, FROM_FILE, EDITED, web="COLOR=red\n")
    running = [container("web", environment=("COLOR=blue",), user="root")]
    keys = {"environment": {"COLOR": "red"}, "user": "app"}
    monkeypatch.setattr(resolved, "resolve", lambda *_: Resolved({"web": keys}))
    found = target(*running, folder=str(tmp_path))
    shell = Replies({"image inspect": ""})
    (difference,) = drift.differences(found, files.today(found.details), running, shell)
    assert (difference.names, difference.edited) == (("COLOR", "user"), False)


def test_recorded_containers_fit_their_own_files(project):
    assert blockers(project) == []
    assert live(project.releases()).facts.differs == ()


def test_the_service_and_the_variable_are_named_and_no_value_is_shown(project):
    project.change_web(Env=["COLOR=crimson"])
    (message,) = blockers(project)
    assert message == "web: COLOR would change (from COLOR), compared with its running containers"


def test_another_version_of_compose_changes_nothing(project):
    project.shell.changed["docker compose version"] = (0, "2.40.3\n", "")
    assert blockers(project) == []


def test_files_that_compose_refuses_are_a_finding_with_its_reason(project):
    said = (
        "error while interpolating services.web.image: required variable TAG is missing a value\n"
    )
    project.shell.changed[NOW] = (1, "", said)
    (message,) = blockers(project)
    assert message == f"Compose cannot use the compose files here: {said.strip()}"


def test_a_target_that_compose_refuses_is_a_finding_with_its_reason(project):
    project.shell.changed[NOW.replace("now-env", "to-env")] = (
        1,
        "",
        "validating: additional property\n",
    )
    (message,) = blockers(project)
    assert (
        message
        == "Compose cannot use the compose files of v2 here: validating: additional property"
    )


def test_a_variable_that_only_the_target_needs_must_be_set(project, monkeypatch):
    commit = next(one.commit for one in project.releases() if one.id == "v2")
    for question, (status, out, err) in project.shell.answers.items():
        if question.startswith("git") and " grep " in question:
            rows = [
                row.replace("${COLOR:-red}", "${OLD_COLOR}") if row.startswith(commit) else row
                for row in out.split("\n")
            ]
            project.shell.answers[question] = (status, "\n".join(rows), err)
    (message,) = blockers(project)
    assert message == "web: variable OLD_COLOR is not set here"
    monkeypatch.setenv("OLD_COLOR", "green")
    assert blockers(project) == []


@pytest.mark.parametrize("color", ["red", "yellow"])
def test_the_live_release_takes_the_files_that_its_containers_fit(project, color):
    """The commit's say red, today's yellow."""
    (project.root / "docker-compose.yml").write_text(project.case["text"].replace("red", "yellow"))
    ask = project.shell.ask

    def as_written(command):
        texts = [
            Path(word).read_text()
            for word in command.argv
            if word.endswith("docker-compose.yml") and "rollback-" in word
        ]
        answer = ask(command)
        if not any("yellow" in text for text in texts):
            return answer
        return Answer((answer.status, answer.stdout.replace("red", "yellow"), answer.stderr))

    project.shell.ask = as_written
    project.change_web(Env=[f"COLOR={color}"])
    found = live(project.releases())
    assert ("yellow" in found.facts.source.files[0][1]) is (color == "yellow")
    assert found.facts.differs == ()


def test_the_files_of_the_live_commit_are_tried_before_todays(project):
    (project.root / "docker-compose.yml").write_text(f"{project.case['text']}# edited\n")
    found = live(project.releases()).facts.source
    assert "# edited" not in found.files[0][1]
    assert found.in_git == (str(project.root / ".env"),)


def test_the_scratch_folder_of_a_merge_is_private_and_removed(project):
    ask, folders = project.shell.ask, set()

    def watched(command):
        found = re.search(r"/\S+/rollback-\w+", " ".join(command.argv))
        if found:
            assert os.stat(found[0]).st_mode & 0o777 == 0o700
            folders.add(found[0])
        return ask(command)

    project.shell.ask = watched
    blockers(project)
    assert folders and not any(map(os.path.exists, folders))


def test_all_compared_images_are_read_in_one_call(monkeypatch):
    wanted = Resolved({service: {} for service in ("web", "api", "worker", "db")})
    monkeypatch.setattr(resolved, "resolve", lambda *_: wanted)
    db = container("db", reference="postgres:16")
    both = [container("worker", image="sha256:web2"), container("api"), container("web")]
    running = [*both, db, exited("migrate")]
    shell = Replies({"image inspect": ""})
    assert drift.differences(target(*running), source(), running, shell) == []
    question = "docker image inspect --format {{.Id}} {{json .Config.Env}} sha256:api2 sha256:web2"
    assert shell.asked == [question]
    assert drift.differences(target(db), source(), [db], shell) == []
    assert shell.asked == [question]
