"""The settings file: what it may say, and how each mistake is told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct
from records import NOBODY, unwritable

from rollback.errors import Usage
from rollback.settings import groups, load, model
from rollback.settings.model import (
    COMPONENT_KEYS,
    ENVIRONMENT_KEYS,
    EnvironmentSettings,
    HealthCheck,
    Settings,
)
from rollback.settings.schema import schema

ROOT = Path(__file__).parents[2]


def saved(project: Path, text: str | bytes) -> Path:
    file = project / model.FILE
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return project


def refusal(project: Path, text: str | bytes) -> Usage:
    with pytest.raises(Usage) as told:
        load.load(saved(project, text))
    assert told.value.exit_code == 2
    assert told.value.fix
    return told.value


def test_without_a_file_there_are_no_settings(tmp_path: Path) -> None:
    assert load.load(tmp_path) == Settings()


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "environments:\n", "environments: {}\n", "\ufeff{}"]
)
def test_an_empty_file_is_like_none(tmp_path: Path, text: str) -> None:
    assert load.load(saved(tmp_path, text)) == Settings()


def environment(project: Path, text: str) -> EnvironmentSettings:
    return load.load(saved(project, f"environments: {{qa: {{{text}}}}}")).environments["qa"]


def test_flat_keys_are_those_of_the_platform_that_knows_them_all(tmp_path: Path) -> None:
    qa = environment(
        tmp_path,
        "path: /srv/shop, hosts: [web1], restart: [systemctl, reload, shop], health: [{url: 'http://x/v', status: 204}]",
    )
    own = qa.groups["release-folders"]
    assert (own.path, own.hosts) == ("/srv/shop", ("web1",))
    assert own.restart == ("systemctl", "reload", "shop")
    assert (list(qa.groups), qa.platform) == (["release-folders"], "release-folders")
    assert qa.health == (HealthCheck("http://x/v", 204),)


def test_flat_keys_that_several_platforms_know_leave_the_choice_open(tmp_path: Path) -> None:
    qa = environment(tmp_path, "namespace: shop")
    assert qa.platform is None
    assert {id: own.namespace for id, own in qa.groups.items()} == {
        "helm": "shop",
        "kubernetes": "shop",
    }


def test_a_platform_that_is_named_takes_the_flat_keys(tmp_path: Path) -> None:
    qa = environment(tmp_path, "platform: helm, namespace: shop")
    assert (qa.platform, list(qa.groups)) == ("helm", ["helm"])


@pytest.mark.parametrize("group, platform", groups.names().items())
def test_a_group_names_the_platform(tmp_path: Path, group: str, platform: str) -> None:
    key = next(
        key
        for key in groups.all_keys()[platform].__struct_fields__
        if getattr(groups.all_keys()[platform](), key) is None
    )
    qa = environment(tmp_path, f"{group}: {{{key}: x}}")
    assert (getattr(qa.groups[platform], key), qa.platform) == ("x", platform)


def test_a_group_may_be_called_by_a_short_name(tmp_path: Path) -> None:
    assert groups.names()["compose"] == "docker-compose"
    qa = environment(tmp_path, "platform: compose, compose: {project: x}")
    assert (qa.platform, list(qa.groups)) == ("docker-compose", ["docker-compose"])


def test_flat_keys_join_the_only_group(tmp_path: Path) -> None:
    own = environment(tmp_path, "context: east, helm: {releases: [shop]}").groups["helm"]
    assert (own.context, own.releases) == ("east", ("shop",))


def test_several_groups_leave_the_choice_open(tmp_path: Path) -> None:
    qa = environment(tmp_path, "helm: {namespace: a}, kubernetes: {namespace: b}")
    assert (qa.platform, sorted(qa.groups)) == (None, ["helm", "kubernetes"])


@pytest.mark.parametrize("text, told", [
    ("environments: {staging: {health: [{url: 3}]}}", "environments/staging/health/0/url: should be a string"),
    ("environments: {qa: {health: [{url: 'http://x'}, {url: 'http://x', timout: 3}]}}", "environments/qa/health/1/timout: is not a known key"),
    ("environments: {staging: {health: [{status: 200}]}}", "environments/staging/health/0: has to have one of url, command and logs"),
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
    ("environments: {staging: {workloads: [x], selector: y}}", "environments/staging: give either workloads or selector, not both"),
    ("environments: {staging: 3}", "environments/staging: should be a mapping"),
    ("environments: [staging]", "environments: should be a mapping"),
    ("environment: {}", "environment: is not a known key"),
    ("default_environment: 3", "default_environment: should be a string"),
    ("default_environment: prod\nenvironments: {staging: {}}", "default_environment: is not an environment of this file"),
    ("environments: {status: {}}", 'environments/status: "status" is not a valid environment name'),
    ("environments: {no: {}}", 'environments/False: "False" is not a valid environment name'),
    ("environments: {'-x': {}}", 'environments/-x: "-x" is not a valid environment name'),
    ("environments: {a: {aliases: [x]}, b: {aliases: [x]}}", 'environments/b/aliases/0: "x" is already an alias of "a"'),
    ("environments: {a: {aliases: [b]}, b: {}}", 'environments/a/aliases/0: "b" is already an environment'),
    ("environments: {a: {aliases: [previous]}}", 'environments/a/aliases/0: "previous" is not a valid environment name'),
    ("- 1", "the file: should be a mapping"),
    ("environments: {a: {path: x, namespace: y}}", "environments/a: path, namespace are keys of different platforms"),
    ("environments: {a: {platform: helm, path: x}}", "environments/a/path: is not a known key"),
    ("environments: {a: {platform: helm, kubernetes: {namespace: x}}}", "environments/a/platform: contradicts the group kubernetes"),
    ("environments: {a: {context: x, helm: {}, kubernetes: {}}}", "environments/a/context: belongs in one of the groups helm, kubernetes"),
    ("environments: {a: {compose: {}, docker-compose: {}}}", "environments/a: compose, docker-compose are the same group"),
    ("environments: {a: {path: x, helm: {}}}", "environments/a/path: is not a known key"),
    ("environments: {a: {helm: {releases: [x, 1]}}}", "environments/a/helm/releases/1: should be a string"),
    ("environments: {a: {kubernetes: {workloads: [x], selector: y}}}", "environments/a/kubernetes: give either workloads or selector"),
    ("environments: {a: {database: {took: django}}}", "environments/a/database/took: is not a known key"),
    ("environments: {a: {database: [{}, {backup: {s3: x}}]}}", "environments/a/database/1/backup/s3: is not a known key"),
    ("environments: {a: {database: {url: 'postgres://ana:hunter22@db/shop'}}}", "environments/a/database/url: should be the name"),
    ("environments: {a: {groups: {}}}", "environments/a/groups: is not a known key"),
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


def test_a_database_url_in_place_of_its_variable_is_not_repeated(tmp_path: Path) -> None:
    url = "postgres://ana:s3cret@db/shop"
    error = refusal(tmp_path, f"environments: {{a: {{database: {{url: '{url}'}}}}}}")
    assert "environment variable" in error.message
    assert "s3cret" not in error.message + error.fix


@pytest.mark.parametrize(
    "text",
    ["restart: [s3cret, 1]", "protected: s3cret", "status: s3cret", "unattended_for: [s3cret]"],
)
def test_values_are_never_repeated(tmp_path: Path, text: str) -> None:
    error = refusal(tmp_path, f"environments: {{a: {{{text}}}}}")
    assert "s3cret" not in error.message + error.fix


def test_a_file_of_the_other_name_is_pointed_out(tmp_path: Path) -> None:
    saved(tmp_path, "{}").joinpath(model.FILE).rename(tmp_path / ".claude/deployment-rollback.yaml")
    with pytest.raises(Usage, match="is ignored") as told:
        load.load(tmp_path)
    assert told.value.code == "settings-name"


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / model.FILE).mkdir(parents=True)
    with pytest.raises(Usage) as told:
        load.load(tmp_path)
    assert told.value.code == "settings-file"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a file that we cannot read")
@pytest.mark.parametrize("locked", [".claude", str(model.FILE)])
def test_a_file_that_may_not_be_read_is_told(locked: str) -> None:
    with unwritable() as project:
        os.seteuid(0)
        saved(project, "{}").joinpath(locked).chmod(0)
        os.seteuid(NOBODY)
        with pytest.raises(Usage, match="Permission denied") as told:
            load.load(project)
    assert told.value.code == "settings-unreadable"


def test_the_example_is_valid_and_shows_every_key() -> None:
    text = (ROOT / "settings.example.yml").read_text()
    example = load.parse(text.encode(), "example")
    environments = example.environments.values()
    components = [one for own in environments for one in own.components]
    filled = [own.groups for own in environments] + [
        {one.platform: one.group} for one in components
    ]
    assert set(ENVIRONMENT_KEYS) == {key for own in environments for key in changed(own)} - {
        "groups"
    }
    assert set(COMPONENT_KEYS) == {key for one in components for key in changed(one)} - NOT_WRITTEN
    for id, keys in groups.all_keys().items():
        shown = {key for each in filled if id in each for key in changed(each[id])}
        assert shown | {"selector"} >= set(keys.__struct_fields__), id
    assert "# selector:" in text  # it excludes workloads, which are shown
    assert example.default_environment in example.environments


NOT_WRITTEN = {"platform", "group"}


def changed(own: Struct) -> set[str]:
    """The keys that differ from their defaults."""
    return {
        field.name
        for field in msgspec.structs.fields(own)
        if getattr(own, field.name) != field.default
        and getattr(own, field.name) != ()
        and getattr(own, field.name) != {}
    }


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
    assert load.committed(tmp_path) is None
    saved(tmp_path, "environments: {demo: {unattended: false}}")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "settings")
    saved(tmp_path, "environments: {demo: {unattended: true}}")
    stood = load.committed(tmp_path)
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
    stood = load.committed(inner)
    assert stood is not None
    assert list(stood.environments) == ["inner"]


@pytest.mark.programs
def test_without_git_nothing_is_committed(tmp_path: Path) -> None:
    assert load.committed(saved(tmp_path, "environments: {demo: {unattended: true}}")) is None
