"""detect.py as it is run: its words, its cache, its settings draft, and projects in a strange state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rollback.detection.model import Detection, Found
from rollback.errors import Usage
from rollback.flow import detect
from rollback.settings import draft as settings_draft
from rollback.settings import model

DETECT = Path(__file__).parents[2] / "scripts" / "detect.py"
CAPFILE = 'require "capistrano/deploy"\n'
pytestmark = pytest.mark.programs


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, DETECT, "--project", project, *words], capture_output=True, text=True
    )


def seen(project: Path, *words: str) -> dict[str, Any]:
    done = run(project, "--json", *words)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_nothing_found_is_an_answer(tmp_path):
    answer = seen(tmp_path)
    assert answer["supported"] is False
    assert (
        answer["platforms"] == answer["migrations"] == answer["unsupported"] == answer["weak"] == []
    )


def test_every_finding_has_strength_and_reasons_best_first(tmp_path):
    (tmp_path / "Capfile").write_text(CAPFILE)
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    image: acme/shop\n")
    answer = seen(tmp_path)
    assert [each["platform"] for each in answer["platforms"]] == [
        "release-folders",
        "docker-compose",
    ]
    assert all(
        each["strength"] >= 50 and each["reasons"] and each["path"] for each in answer["platforms"]
    )
    assert set(answer["platforms"][0]) == {"platform", "path", "strength", "reasons", "adapter"}


def test_what_is_weak_is_told_apart(tmp_path):
    (tmp_path / "compose.yaml").write_text("services:\n  db:\n    image: postgres\n")
    answer = seen(tmp_path)
    assert answer["platforms"] == []
    assert [each["platform"] for each in answer["weak"]] == ["docker-compose"]
    assert set(answer["weak"][0]) == {"platform", "path", "strength", "reasons", "adapter"}


def test_the_answer_is_remembered_until_asked_again(tmp_path):
    seen(tmp_path)
    (tmp_path / "Capfile").write_text(CAPFILE)
    assert seen(tmp_path)["supported"] is False
    assert seen(tmp_path, "--clear-cache")["supported"] is True


def test_a_damaged_memory_is_none(tmp_path):
    (tmp_path / "Capfile").write_text(CAPFILE)
    seen(tmp_path)
    memory = tmp_path / ".claude/cache/deployment-rollback/platform.json"
    memory.write_text(memory.read_text().replace('"strength":85', '"strength":"high"'))
    assert seen(tmp_path)["platforms"][0]["strength"] == 85


def test_detection_leaves_nothing_but_the_cache(tmp_path):
    (tmp_path / "Capfile").write_text(CAPFILE)
    run(tmp_path)
    left = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")}
    assert left == {"Capfile", ".claude"}
    assert [path.name for path in (tmp_path / ".claude").iterdir()] == ["cache"]


def test_people_read_lines_that_end_with_the_next_command(tmp_path):
    (tmp_path / "Capfile").write_text(CAPFILE)
    lines = run(tmp_path).stdout.splitlines()
    assert lines[0].startswith("platform: release-folders (Capfile")
    assert lines[-1].startswith("next: python3 ") and "history.py" in lines[-1]


def test_an_odd_name_cannot_write_a_line_of_its_own(tmp_path):
    odd = tmp_path / "a\nplatform: helm\x1b[31m b"
    odd.mkdir()
    (odd / "Capfile").write_text(CAPFILE)
    lines = run(tmp_path).stdout.splitlines()
    assert sum(line.startswith("platform:") for line in lines) == 1 and "\x1b" not in "".join(lines)


def test_names_that_are_no_utf8_are_read(tmp_path):
    odd = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(odd)
    with open(odd + b"/Capfile", "w") as file:
        file.write(CAPFILE)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert seen(tmp_path)["platforms"][0]["path"] == "caf�/Capfile"


def test_a_project_whose_files_git_ignores_is_walked(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("inner\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "Capfile").write_text(CAPFILE)
    assert seen(inner)["supported"] is True
    assert seen(tmp_path)["supported"] is False


def test_links_in_circles_and_out_of_the_project_are_not_followed(tmp_path):
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    project.mkdir()
    (outside / "Capfile").write_text(CAPFILE)
    (project / "loop").symlink_to(project)
    (project / "away").symlink_to(outside)
    (project / "Capfile").symlink_to(outside / "Capfile")
    os.mkfifo(project / "netlify.toml")
    assert seen(project)["platforms"] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_may_not_be_read_is_left_out(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "Capfile").write_text(CAPFILE)
    assert seen(tmp_path)["supported"] is True


def test_a_bare_clone_holds_nothing_to_read(tmp_path):
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "shop.git"], check=True)
    assert seen(tmp_path / "shop.git")["platforms"] == []


def test_the_layout_on_disk_is_enough_whatever_git_says(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("releases\ncurrent\n")
    (tmp_path / "releases/20260101").mkdir(parents=True)
    (tmp_path / "current").symlink_to("releases/20260101")
    best = seen(tmp_path)["platforms"][0]
    assert (best["platform"], best["path"], best["strength"]) == ("release-folders", ".", 100)


def test_a_settings_draft_is_valid_and_never_overwrites(tmp_path):
    (tmp_path / "config/deploy").mkdir(parents=True)
    (tmp_path / "Capfile").write_text(CAPFILE)
    for stage in ("production", "staging"):
        (tmp_path / f"config/deploy/{stage}.rb").write_text("")
    assert run(tmp_path, "--write-settings").returncode == 0
    draft = model.load(tmp_path)
    assert {name: each.platform for name, each in draft.environments.items()} == {
        "production": "release-folders",
        "staging": "release-folders",
    }
    before = (tmp_path / model.FILE).read_bytes()
    assert run(tmp_path, "--write-settings").returncode == 2
    assert (tmp_path / model.FILE).read_bytes() == before


def test_a_draft_leaves_the_file_of_whoever_was_quicker(tmp_path, monkeypatch):
    (tmp_path / ".claude").mkdir()
    (tmp_path / model.FILE).write_text("environments: {europe: {}}\n")
    monkeypatch.setattr(settings_draft.os.path, "lexists", lambda path: False)
    with pytest.raises(Usage):
        settings_draft.write(tmp_path, Detection())
    assert "europe" in (tmp_path / model.FILE).read_text()


def test_environments_of_the_settings_win(tmp_path):
    (tmp_path / ".claude").mkdir()
    (tmp_path / model.FILE).write_text("environments: {europe: {}}\n")
    assert seen(tmp_path)["environments"] == ["europe"]


def found(platform: str, strength: int, adapter: bool = True) -> Found:
    return Found(platform, ".", strength, ("seen",), adapter)


def test_the_strongest_platform_that_can_be_rolled_back_is_chosen():
    detection = Detection(
        platforms=(found("ecs", 95, adapter=False), found("helm", 85), found("docker-compose", 60))
    )
    assert detect.best(detection)[0] == "helm"
    assert detect.best(detection, "docker-compose")[1][0].strength == 60


@pytest.mark.parametrize(
    ("platforms", "code"),
    [
        ((), "no-platform"),
        ((found("ecs", 80, adapter=False),), "no-adapter"),
        ((found("helm", 80), found("kubernetes", 80)), "several-platforms"),
    ],
)
def test_what_cannot_be_chosen_is_asked(platforms, code):
    with pytest.raises(Usage) as raised:
        detect.best(Detection(platforms=platforms))
    assert raised.value.code == code and raised.value.fix
