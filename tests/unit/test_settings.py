"""The settings file: what it may say, and how each mistake is told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from records import NOBODY, unwritable

from rollback.errors import Usage
from rollback.settings import model
from rollback.settings.model import GROUPS, EnvironmentSettings, HealthCheck, Settings
from rollback.settings.schema import schema

ROOT = Path(__file__).parents[2]


def saved(project: Path, text: str | bytes) -> Path:
    file = project / model.FILE
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return project


def refusal(project: Path, text: str | bytes) -> Usage:
    with pytest.raises(Usage) as told:
        model.load(saved(project, text))
    assert told.value.exit_code == 2
    assert told.value.fix
    return told.value


def test_without_a_file_there_are_no_settings(tmp_path: Path) -> None:
    assert model.load(tmp_path) == Settings()


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "environments:\n", "environments: {}\n", "\ufeff{}"]
)
def test_an_empty_file_is_like_none(tmp_path: Path, text: str) -> None:
    assert model.load(saved(tmp_path, text)) == Settings()


def test_flat_keys_are_read(tmp_path: Path) -> None:
    text = "environments: {staging: {path: /srv/shop, hosts: [web1], restart: [systemctl, reload, shop], health: [{url: 'http://x/v', status: 204}]}}"
    staging = model.load(saved(tmp_path, text)).environments["staging"]
    assert (staging.path, staging.hosts, staging.restart) == (
        "/srv/shop",
        ("web1",),
        ("systemctl", "reload", "shop"),
    )
    assert staging.health == (HealthCheck("http://x/v", 204),)


@pytest.mark.parametrize(
    "group, platform",
    [(group, "docker-compose" if group == "compose" else group) for group in GROUPS],
)
def test_a_group_is_merged_and_names_the_platform(
    tmp_path: Path, group: str, platform: str
) -> None:
    key = (
        "namespace"
        if group in ("kubernetes", "helm")
        else "path"
        if group == "release-folders"
        else "directory"
    )
    own = model.load(
        saved(tmp_path, f"environments: {{qa: {{{group}: {{{key}: x}}}}}}")
    ).environments["qa"]
    assert (getattr(own, key), own.platform) == ("x", platform)


def test_a_platform_that_is_named_wins_over_its_group(tmp_path: Path) -> None:
    own = model.load(
        saved(tmp_path, "environments: {qa: {platform: helm, kubernetes: {namespace: x}}}")
    ).environments["qa"]
    assert own.platform == "helm"


@pytest.mark.parametrize("text, told", [
    ("environments: {staging: {health: [{url: 3}]}}", "environments/staging/health/0/url: should be a string"),
    ("environments: {qa: {health: [{url: 'http://x'}, {url: 'http://x', timout: 3}]}}", "environments/qa/health/1/timout: is not a known key"),
    ("environments: {staging: {health: [{status: 200}]}}", "environments/staging/health/0/url: is missing"),
    ("environments: {staging: {health: [{url: 'ftp://x'}]}}", "environments/staging/health/0/url: should be an address"),
    ("environments: {staging: {health: [{url: 'http://x', status: 7}]}}", "environments/staging/health/0/status: should be a whole number >= 100"),
    ("environments: {staging: {health: [http://x]}}", "environments/staging/health/0: should be a mapping"),
    ("environments: {staging: {health: {url: 'http://x'}}}", "environments/staging/health: should be a list"),
    ("environments: {staging: {restart: [sleep, 1]}}", "environments/staging/restart/1: should be a string"),
    ("environments: {staging: {restart: systemctl reload}}", "environments/staging/restart: should be a list"),
    ("environments: {staging: {protected: maybe}}", "environments/staging/protected: should be true or false"),
    ("environments: {staging: {unattended_for: [all]}}", "environments/staging/unattended_for/0: should be one of app, with-db, full"),
    ("environments: {staging: {path: ''}}", "environments/staging/path: should be a string of length >= 1"),
    ("environments: {staging: {platfrom: helm}}", "environments/staging/platfrom: is not a known key"),
    ("environments: {staging: {helm: {workloads: [x]}}}", "environments/staging/helm/workloads: is not a known key"),
    ("environments: {staging: {path: a, release-folders: {path: b}}}", "environments/staging/release-folders/path: is given twice"),
    ("environments: {staging: {workloads: [x], selector: y}}", "environments/staging/selector: and workloads exclude each other"),
    ("environments: {staging: 3}", "environments/staging: should be a mapping"),
    ("environments: [staging]", "environments: should be a mapping"),
    ("environment: {}", "environment: is not a known key"),
    ("default_environment: 3", "default_environment: should be a string"),
    ("default_environment: prod\nenvironments: {staging: {}}", "default_environment: names no environment"),
    ("environments: {status: {}}", "environments/status: is no name for an environment"),
    ("environments: {no: {}}", "environments/False: is no name for an environment"),
    ("environments: {'-x': {}}", "environments/-x: is no name for an environment"),
    ("environments: {a: {aliases: [x]}, b: {aliases: [x]}}", "environments/b/aliases/0: x is already an alias of a"),
    ("environments: {a: {aliases: [b]}, b: {}}", "environments/a/aliases/0: b is already an environment"),
    ("environments: {a: {aliases: [previous]}}", "environments/a/aliases/0: previous is no name"),
    ("- 1", "the file: should be a mapping"),
])  # fmt: skip
def test_a_mistake_is_told_with_its_path(tmp_path: Path, text: str, told: str) -> None:
    error = refusal(tmp_path, text)
    assert error.code == "settings-invalid"
    assert told in error.message


def test_the_known_keys_are_listed_for_an_unknown_one(tmp_path: Path) -> None:
    assert "unattended_for" in refusal(tmp_path, "environments: {a: {x: 1}}").fix


def test_credentials_in_an_address_are_refused_and_not_repeated(tmp_path: Path) -> None:
    error = refusal(tmp_path, "environments: {a: {health: [{url: 'https://ana:hunter2@x/'}]}}")
    assert "without credentials" in error.message
    assert "hunter2" not in error.message + error.fix


@pytest.mark.parametrize(
    "text",
    ["restart: [s3cret, 1]", "protected: s3cret", "status: s3cret", "unattended_for: [s3cret]"],
)
def test_values_are_never_repeated(tmp_path: Path, text: str) -> None:
    error = refusal(tmp_path, f"environments: {{a: {{{text}}}}}")
    assert "s3cret" not in error.message + error.fix


def test_a_file_of_the_other_name_is_pointed_out(tmp_path: Path) -> None:
    saved(tmp_path, "{}").joinpath(model.FILE).rename(tmp_path / ".claude/deployment-rollback.yaml")
    with pytest.raises(Usage, match="is not read") as told:
        model.load(tmp_path)
    assert told.value.code == "settings-name"


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / model.FILE).mkdir(parents=True)
    with pytest.raises(Usage) as told:
        model.load(tmp_path)
    assert told.value.code == "settings-file"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a file that we cannot read")
@pytest.mark.parametrize("locked", [".claude", str(model.FILE)])
def test_a_file_that_may_not_be_read_is_told(locked: str) -> None:
    with unwritable() as project:
        os.seteuid(0)
        saved(project, "{}").joinpath(locked).chmod(0)
        os.seteuid(NOBODY)
        with pytest.raises(Usage, match="Permission denied") as told:
            model.load(project)
    assert told.value.code == "settings-unreadable"


def test_the_example_is_valid_and_shows_every_key() -> None:
    text = (ROOT / "settings.example.yml").read_text()
    from rollback.settings.check import check
    from rollback.settings.yaml_text import read

    example = check(read(text.encode(), "example"), "example")
    nothing = EnvironmentSettings()
    shown = {
        key
        for own in example.environments.values()
        for key in own.__struct_fields__
        if getattr(own, key) != getattr(nothing, key)
    }
    assert shown | {"selector"} == set(EnvironmentSettings.__struct_fields__)
    assert "selector:" in text
    assert example.default_environment in example.environments


def test_the_schema_for_editors_comes_from_the_types() -> None:
    again = "PYTHONPATH=scripts python3 -m rollback.settings.schema > settings.schema.json"
    assert (ROOT / "settings.schema.json").read_text() == json.dumps(schema(), indent=2) + "\n", (
        again
    )


def git(project: Path, *words: str) -> None:
    as_somebody = ("-c", "user.name=t", "-c", "user.email=t@x", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *as_somebody, *words], cwd=project, check=True, capture_output=True)


@pytest.mark.programs
def test_only_what_is_committed_counts_as_committed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert model.committed(tmp_path) is None
    saved(tmp_path, "environments: {demo: {unattended: false}}")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "settings")
    saved(tmp_path, "environments: {demo: {unattended: true}}")
    stood = model.committed(tmp_path)
    assert stood is not None
    assert stood.environments["demo"].unattended is False


@pytest.mark.programs
def test_committed_settings_are_those_of_the_project_s_own_folder(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    inner = tmp_path / "apps" / "shop"
    inner.mkdir(parents=True)
    saved(inner, "environments: {inner: {}}")
    saved(tmp_path, "environments: {outer: {}}")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "settings")
    stood = model.committed(inner)
    assert stood is not None
    assert list(stood.environments) == ["inner"]


@pytest.mark.programs
def test_without_git_nothing_is_committed(tmp_path: Path) -> None:
    assert model.committed(saved(tmp_path, "environments: {demo: {unattended: true}}")) is None
