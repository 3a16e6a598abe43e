"""Which app, project or site an environment is, where the settings do not say."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from rollback.errors import Usage
from rollback.platforms import heroku, netlify, vercel
from rollback.platforms.heroku.remotes import app_of
from rollback.settings import groups
from rollback.settings.environment import Environment
from rollback.settings.model import EnvironmentSettings
from rollback.shell import Shell

PLATFORMS = {"heroku": heroku, "vercel": vercel, "netlify": netlify}
FILES = {
    "vercel": (".vercel/project.json", {"projectId": "prj_1", "orgId": "team_1"}),
    "netlify": (".netlify/state.json", {"siteId": "5f-1"}),
}
FILLED = {
    "heroku": {"app": "shop"},
    "vercel": {"project": "prj_1", "team": "team_1"},
    "netlify": {"site": "5f-1"},
}


def linked(project: Path, platform: str) -> Path:
    """A folder with the only link of a platform: to what is production, as far as anybody knows."""
    if platform == "heroku":
        for words in (["init", "-q"], ["remote", "add", "heroku", "git@heroku.com:shop.git"]):
            subprocess.run(["git", "-C", str(project), *words], check=True)
        return project
    name, content = FILES[platform]
    (project / name).parent.mkdir()
    (project / name).write_text(json.dumps(content))
    return project


@pytest.mark.programs
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", ["staging", "qa", "preview", "canary", "preproduction"])
def test_what_a_folder_is_linked_to_is_no_other_environment_than_production(
    tmp_path: Path, platform: str, name: str
) -> None:
    adapter: ModuleType = PLATFORMS[platform]
    project = linked(tmp_path, platform)
    settings = EnvironmentSettings(platform=platform)
    environment = Environment(name, False, project, settings, group=adapter.SETTINGS())
    with pytest.raises(Usage, match=f"which .* is {name}") as stopped:
        adapter.targets(environment, Shell(cwd=project))
    assert stopped.value.code.startswith("which-") and platform in (stopped.value.fix or "")
    assert groups.suggested(platform, project, name) == {}


@pytest.mark.programs
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_draft_of_the_settings_has_production_filled_in(tmp_path: Path, platform: str) -> None:
    project = linked(tmp_path, platform)
    assert groups.suggested(platform, project, "production") == FILLED[platform]


@pytest.mark.parametrize(
    ("remotes", "names", "app"),
    [
        ({"heroku": "shop"}, ("production",), "shop"),
        ({"heroku": "shop"}, ("main-prod",), "shop"),
        ({"heroku": "shop", "production": "shop"}, ("live",), "shop"),
        ({"heroku": "shop"}, ("europe", "prod"), "shop"),
        ({"heroku": "shop"}, ("staging",), None),
        ({"heroku": "shop"}, ("prodution",), None),
        ({"heroku": "shop", "staging": "shop-staging"}, ("staging",), "shop-staging"),
        ({"heroku": "shop", "staging": "shop-staging"}, ("stage", "staging"), "shop-staging"),
        ({"heroku": "shop", "staging": "shop-staging"}, ("production",), None),
        ({"staging": "shop-staging"}, ("production",), None),
        ({"eu": "shop-eu", "us": "shop-us"}, ("production",), None),
        ({}, ("production",), None),
    ],
)
def test_the_only_heroku_remote_is_production(
    remotes: dict[str, str], names: tuple[str, ...], app: str | None
) -> None:
    assert app_of(remotes, names) == app
