"""detect.py as it is run: its words, its cache, its settings draft, and projects in a strange state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from rollback.detection.model import Detection, Found, Unsupported, document
from rollback.errors import Usage
from rollback.flow import detect
from rollback.settings import draft as settings_draft
from rollback.settings import load, model

DETECT = Path(__file__).parents[2] / "scripts" / "detect.py"
CAPFILE = 'require "capistrano/deploy"\n'
COMPOSE = "services:\n  web:\n    image: acme/shop:1\n    restart: always\n"
ROW = {"platform", "path", "strength", "reasons", "adapter", "against", "aside"}
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
    assert set(answer["platforms"][0]) == ROW


def test_what_is_weak_is_told_apart(tmp_path):
    (tmp_path / "compose.yaml").write_text("services:\n  db:\n    image: postgres\n")
    answer = seen(tmp_path)
    assert answer["platforms"] == []
    assert [each["platform"] for each in answer["weak"]] == ["docker-compose"]
    assert set(answer["weak"][0]) == ROW


def git(project: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=project, check=True, capture_output=True)


def test_the_answer_is_remembered_while_nothing_changes(tmp_path, monkeypatch):
    (tmp_path / "Capfile").write_text(CAPFILE)
    first = detect.run(tmp_path)
    monkeypatch.setattr(detect, "_look", lambda *_: (Detection(), {}))
    assert detect.run(tmp_path).platforms == first.platforms
    assert detect.run(tmp_path, again=True).platforms == ()


def test_a_project_that_moved_to_another_platform_is_looked_at_again(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    assert [row["platform"] for row in seen(tmp_path)["platforms"]] == ["docker-compose"]
    (tmp_path / "compose.yaml").unlink()
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart/Chart.yaml").write_text("apiVersion: v2\nname: shop\n")
    assert [row["platform"] for row in seen(tmp_path)["platforms"]] == ["helm"]


def test_a_changed_file_ends_the_memory(tmp_path):
    (tmp_path / "Capfile").write_text("# nothing yet\n")
    assert seen(tmp_path)["supported"] is False
    (tmp_path / "Capfile").write_text(CAPFILE)
    assert seen(tmp_path)["supported"] is True


@pytest.mark.parametrize("place", ["shop", "shop/web", "worktree", "worktree/web"])
def test_a_changed_remote_ends_the_memory(tmp_path, place):
    shop, project = tmp_path / "shop", tmp_path / place
    (shop / "web").mkdir(parents=True)
    for folder in (shop, shop / "web"):
        (folder / "package.json").write_text("{}")
        (folder / "compose.yaml").write_text(COMPOSE.replace("acme/shop", "ghcr.io/acme/front"))
    git(shop, "init", "-q")
    git(shop, "add", ".")
    git(shop, "-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-qm", "first")
    git(shop, "worktree", "add", "-q", tmp_path / "worktree")
    assert seen(project)["supported"] is False
    git(shop, "remote", "add", "origin", "git@git.example:acme/front.git")
    assert seen(project)["supported"] is True


def test_a_layout_that_git_ignores_ends_the_memory(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("/srv\n")
    assert seen(tmp_path)["supported"] is False
    (tmp_path / "srv/releases/1").mkdir(parents=True)
    (tmp_path / "srv/current").symlink_to("releases/1")
    assert seen(tmp_path)["platforms"][0]["platform"] == "release-folders"


def test_a_manifest_whose_name_is_no_utf8_is_recognised(tmp_path):
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9.yaml"), "w") as file:
        file.write("apiVersion: apps/v1\nkind: Deployment\n")
    for _ in ("looked at", "remembered"):
        assert seen(tmp_path)["platforms"][0]["platform"] == "kubernetes"


def test_a_workload_far_down_in_a_file_is_recognised(tmp_path):
    types = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n---\n"
    workload = "apiVersion: apps/v1\nkind: Deployment\n"
    (tmp_path / "install.yaml").write_text(types * 2000 + workload)
    assert seen(tmp_path)["platforms"][0]["platform"] == "kubernetes"


def test_repositories_inside_the_project_are_reported_as_not_read(tmp_path):
    git(tmp_path, "init", "-q")
    git(tmp_path, "init", "-q", "deploy")
    (tmp_path / "deploy/compose.yaml").write_text(COMPOSE)
    assert seen(tmp_path)["unread"] == [{"path": "deploy", "reason": "a repository of its own"}]
    assert "not read: deploy (a repository of its own)" in run(tmp_path).stdout


@pytest.fixture
def open_folder(tmp_path):
    """A folder that anybody may enter: pytest's own are closed."""
    detect.look(tmp_path)  # imports what only root may read
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        yield Path(place)


def looked_at_by_somebody(project: Path) -> dict[str, Any]:
    """Look as a user who is not root: root may read everything."""
    known = os.geteuid()
    os.seteuid(known or 65534)
    try:
        answer: dict[str, Any] = json.loads(json.dumps(document(detect.look(project))))
    finally:
        os.seteuid(known)
    return answer


def test_a_file_that_may_not_be_read_is_reported(open_folder):
    (open_folder / "Procfile").write_text("web: run\n")
    (open_folder / "Procfile").chmod(0)
    answer = looked_at_by_somebody(open_folder)
    assert answer["unread"] == [{"path": "Procfile", "reason": "may not be read"}]
    assert answer["weak"][0]["reasons"] == ["Procfile may not be read"]


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


def test_a_folder_that_may_not_be_read_is_left_out(open_folder):
    closed = open_folder / "closed"
    closed.mkdir()
    (closed / "compose.yaml").write_text(COMPOSE)
    (open_folder / "Capfile").write_text(CAPFILE)
    closed.chmod(0)
    found = looked_at_by_somebody(open_folder)["platforms"]
    assert [row["platform"] for row in found] == ["release-folders"]


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
    draft = load.load(tmp_path)
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


def foreign(platform: str, strength: int) -> Unsupported:
    return Unsupported(platform, ".", ("seen",), strength)


def test_a_site_in_a_subfolder_is_weaker_than_one_at_the_top(tmp_path):
    (tmp_path / "website").mkdir()
    for place in (tmp_path, tmp_path / "website"):
        (place / "netlify.toml").write_text("[build]\n")
    assert [row.strength for row in detect.look(tmp_path).platforms] == [85, 75]


def test_a_platform_without_an_adapter_is_a_rival():
    detection = Detection(
        platforms=(found("docker-compose", 75),), unsupported=(foreign("fly", 80),)
    )
    with pytest.raises(Usage) as raised:
        detect.best(detection)
    assert raised.value.code == "several-platforms"
    assert "fly" in raised.value.message and "docker-compose" in raised.value.message


def test_a_weak_sign_of_another_platform_is_no_rival():
    detection = Detection(platforms=(found("helm", 85),), unsupported=(foreign("fly", 74),))
    assert detect.best(detection)[0] == "helm"


def test_the_strongest_platform_that_can_be_rolled_back_is_chosen():
    detection = Detection(
        platforms=(found("helm", 85), found("ecs", 74, adapter=False), found("docker-compose", 60))
    )
    assert detect.best(detection)[0] == "helm"
    assert detect.best(detection, "docker-compose")[1][0].strength == 60


@pytest.mark.parametrize(
    ("platforms", "code"),
    [
        ((), "no-platform"),
        ((found("ecs", 80, adapter=False),), "no-adapter"),
        ((found("helm", 80), found("kubernetes", 80)), "several-platforms"),
        ((found("docker-compose", 80), found("kubernetes", 75)), "several-platforms"),
        ((found("helm", 85), found("kubernetes", 75)), "several-platforms"),
        ((found("ecs", 60), found("kubernetes", 55)), "several-platforms"),
        ((found("ecs", 95, adapter=False), found("helm", 85)), "several-platforms"),
        ((found("docker-compose", 60),), "unsure-platform"),
    ],
)
def test_what_cannot_be_chosen_is_asked(platforms, code):
    with pytest.raises(Usage) as raised:
        detect.best(Detection(platforms=platforms))
    assert raised.value.code == code and raised.value.fix
