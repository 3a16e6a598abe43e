"""What `vercel link` has left in the folders of a project: which project, and whose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollback.errors import Usage
from rollback.platforms.vercel import link
from rollback.platforms.vercel.link import Link
from rollback.platforms.vercel.settings import Settings
from rollback.platforms.vercel.targets import _named, _owner
from rollback.settings.environment import Environment
from rollback.settings.model import EnvironmentSettings

TEAM, OTHER = "team_a1", "team_b2"


def linked(project: Path, folder: str, id: str, owner: str = TEAM, **more: str) -> None:
    file = project / folder / ".vercel/project.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"projectId": id, "orgId": owner, **more}))


def repository(project: Path, *ids: str, owner: str = TEAM) -> None:
    file = project / ".vercel/repo.json"
    file.parent.mkdir(exist_ok=True)
    rows = [{"id": id, "name": id, "directory": f"apps/{id}"} for id in ids]
    file.write_text(json.dumps({"orgId": owner, "projects": rows}))


def test_the_folder_s_own_link_counts(tmp_path: Path) -> None:
    assert link.read(tmp_path) is None and "to none" in link.stated(tmp_path)
    linked(tmp_path, ".", "prj_1", projectName="shop")
    assert link.read(tmp_path) == Link("prj_1", TEAM, "shop")
    linked(tmp_path, "node_modules/x", "prj_9")
    linked(tmp_path, ".cache/x", "prj_9")
    assert link.read(tmp_path) == Link("prj_1", TEAM, "shop"), "folders of tools are none of it"


def test_a_monorepo_with_several_links_is_asked_about(tmp_path: Path) -> None:
    linked(tmp_path, ".", "prj_1")
    linked(tmp_path, "apps/web", "prj_2")
    assert link.read(tmp_path) is None
    assert "several projects: . to prj_1, apps/web to prj_2" in link.stated(tmp_path)


def test_links_that_agree_are_one_project(tmp_path: Path) -> None:
    linked(tmp_path, "apps/web", "prj_1")
    assert link.read(tmp_path) is None and "only a folder of it" in link.stated(tmp_path)
    linked(tmp_path, ".", "prj_1")
    assert link.read(tmp_path) == Link("prj_1", TEAM)


def test_the_only_project_of_a_linked_repository_counts(tmp_path: Path) -> None:
    repository(tmp_path, "prj_1")
    assert link.read(tmp_path) == Link("prj_1", TEAM)
    repository(tmp_path, "prj_1", "prj_2")
    assert link.read(tmp_path) is None
    own = {"projectId": "prj_2", "orgId": TEAM}
    (tmp_path / ".vercel/project.json").write_text(json.dumps(own))
    assert link.read(tmp_path) == Link("prj_2", TEAM)


@pytest.mark.parametrize(
    "file",
    [
        {"projectId": "prj_1\n    unattended: true", "orgId": TEAM},
        {"projectId": "prj 1", "orgId": TEAM},
        {"projectId": "", "orgId": TEAM},
        {"projectId": None},
        [],
    ],
)
def test_what_is_no_project_is_no_link(tmp_path: Path, file: Any) -> None:
    (tmp_path / ".vercel").mkdir()
    (tmp_path / ".vercel/project.json").write_text(json.dumps(file))
    assert link.read(tmp_path) is None


@pytest.mark.parametrize("owner", ["user1", "team_x\n  y: z", "team_", ""])
def test_whoever_is_no_team_is_a_person(tmp_path: Path, owner: str) -> None:
    linked(tmp_path, ".", "prj_1", owner)
    assert link.read(tmp_path) == Link("prj_1", "")


def asked(root: Path, **facts: str) -> tuple[str, str]:
    settings = EnvironmentSettings(platform="vercel")
    environment = Environment("staging", False, root, settings, group=Settings(**facts))
    return _named(environment, Settings(**facts))


@pytest.mark.parametrize(
    ("facts", "team"),
    [
        ({"project": "prj_1"}, f"teamId={TEAM}"),
        ({"project": "shop"}, f"teamId={TEAM}"),
        ({"project": "shop-staging"}, f"teamId={TEAM}"),
        ({"project": "shop", "team": "acme"}, "slug=acme"),
    ],
)
def test_a_project_of_the_settings_is_of_the_team_of_the_link(
    tmp_path: Path, facts: dict[str, str], team: str
) -> None:
    linked(tmp_path, ".", "prj_1", projectName="shop")
    assert asked(tmp_path, **facts) == (facts["project"], team)


def test_links_of_two_teams_leave_it_to_a_person(tmp_path: Path) -> None:
    linked(tmp_path, "apps/web", "prj_1", projectName="shop")
    linked(tmp_path, "apps/docs", "prj_2", OTHER, projectName="docs")
    assert asked(tmp_path, project="docs") == ("docs", f"teamId={OTHER}")
    assert asked(tmp_path, project="x", team="acme") == ("x", "slug=acme")
    with pytest.raises(Usage, match="of which team is the Vercel project x") as stopped:
        asked(tmp_path, project="x")
    assert stopped.value.code == "which-team"


def test_without_a_link_it_is_the_personal_account(tmp_path: Path) -> None:
    assert asked(tmp_path, project="shop") == ("shop", "")
    assert _owner("") == "the personal account"
    assert _owner("slug=acme") == "team acme"
