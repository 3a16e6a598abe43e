"""The settings that detect.py --write-settings leaves are valid, as written and with the comments taken off and filled in."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from rollback.detection.model import Detection, Found
from rollback.settings import draft, groups, load, model
from rollback.settings.environment import resolve
from rollback.settings.model import HealthCheck, Settings

VALUES = {"api": "https://api.example.com", "tags": "{x: x}", "region": "eu-west-1"}
LISTS = ("hosts", "restart", "files", "profiles", "env_files", "services", "workloads", "releases")
PLATFORMS = sorted(groups.all_keys())


def drafted(project: Path, platform: str, *names: str) -> Settings:
    draft.write(
        project,
        Detection((Found(platform, ".", 100, ("reason\x1b: {",), True),), environments=names),
    )
    return load.load(project)


@pytest.mark.programs
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_draft_is_valid_and_names_the_platform(tmp_path: Path, platform: str) -> None:
    assert drafted(tmp_path, platform).environments["production"].platform == platform


@pytest.mark.programs
@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_comment_may_be_taken_off_and_filled_in(tmp_path: Path, platform: str) -> None:
    drafted(tmp_path, platform)
    file = tmp_path / model.FILE
    text = re.sub(r"^    # ", "    ", file.read_text(), flags=re.MULTILINE)
    text = re.sub(
        r"^(    (\w+)):$",
        lambda found: f"{found[1]}: {'[x]' if found[2] in LISTS else VALUES.get(found[2], 'x')}",
        text,
        flags=re.MULTILINE,
    )
    file.write_text(re.sub(r"^    workloads: .*\n", "", text, flags=re.MULTILINE))
    own = load.load(tmp_path).environments["production"]
    assert own.health == (HealthCheck("https://example.com/health", version_key="version"),)
    keys = own.groups[platform]
    filled = {key: getattr(keys, key) for key in keys.__struct_fields__ if key != "workloads"}
    given = ("x", ("x",), {"x": "x"})
    assert all(value in (*given, VALUES.get(key)) for key, value in filled.items()), filled


@pytest.mark.programs
def test_a_platform_that_a_person_must_confirm_is_a_comment(tmp_path: Path) -> None:
    against = ("ecs (cd.yml: deploy step for ECS)",)
    row = Found("docker-compose", ".", 80, ("compose file",), True, against)
    draft.write(tmp_path, Detection((row,), environments=("production", "staging")))
    made = load.load(tmp_path).environments
    assert {name: each.platform for name, each in made.items()} == {
        "production": None,
        "staging": None,
    }
    assert f"# platform: docker-compose  # or {against[0]}" in (tmp_path / model.FILE).read_text()


def test_what_is_named_like_production_is_protected_and_nothing_else(tmp_path: Path) -> None:
    made = drafted(tmp_path, "helm", "Production", "prod-eu", "staging", "preprod")
    protected = [name for name in made.environments if resolve(tmp_path, made, name).protected]
    assert protected == ["Production", "prod-eu"]
    assert made.default_environment == "Production"


@pytest.mark.programs
def test_a_key_that_the_project_tells_is_filled_in(tmp_path: Path) -> None:
    url = "https://git.heroku.com/shop-production.git"
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "remote", "add", "heroku", url], cwd=tmp_path, check=True)
    made = drafted(tmp_path, "heroku", "production")
    assert made.environments["production"].groups["heroku"].app == "shop-production"


def test_a_linked_site_is_filled_in_for_production_alone(tmp_path: Path) -> None:
    (tmp_path / ".netlify").mkdir()
    (tmp_path / ".netlify/state.json").write_text('{"siteId": "5f00-1"}')
    made = drafted(tmp_path, "netlify", "production", "staging")
    sites = {name: found.groups.get("netlify") for name, found in made.environments.items()}
    assert sites["production"].site == "5f00-1"
    assert sites["staging"] is None or sites["staging"].site is None


HOSTILE = [
    "true",
    "null",
    "0x1",
    "- a",
    "a: b",
    "x\n    unattended: true",
    '"',
    "\\",
    "#x",
    "é\u2028",
    "{{}}",
]


@pytest.mark.programs
@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("platform", ["heroku", "vercel", "netlify"])
def test_what_is_filled_in_is_a_text_whatever_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, value: str
) -> None:
    key = next(iter(groups.all_keys()[platform].__struct_fields__))
    monkeypatch.setattr(groups, "suggested", lambda *words: {key: value})
    (environment,) = drafted(tmp_path, platform).environments.values()
    assert getattr(environment.groups[platform], key) == value
    assert environment.unattended is False
