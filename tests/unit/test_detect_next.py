"""The last line of detect.py is a step that works, and the line above says why it is not the history."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_detect import CAPFILE, run

pytestmark = pytest.mark.programs


def lines(project: Path) -> list[str]:
    return run(project).stdout.splitlines()


def test_what_only_settings_tell_comes_before_the_history(tmp_path: Path) -> None:
    (tmp_path / "Capfile").write_text(CAPFILE)
    first, *_, why, step = lines(tmp_path)
    assert first.startswith("platform: release-folders (Capfile")
    assert why.startswith("not yet: nothing here tells which path release-folders has")
    assert step.startswith("next: python3 ") and step.endswith("--write-settings")
    assert run(tmp_path, "--write-settings").returncode == 0
    assert lines(tmp_path)[-1] == "next: release-folders: {path: ...} in the settings"
    settings = tmp_path / ".claude/deployment-rollback.yml"
    settings.write_text("environments: {production: {release-folders: {path: /srv/shop}}}")
    *others, step = lines(tmp_path)
    assert step.startswith("next: python3 ") and "history.py" in step
    assert not any(line.startswith("not yet") for line in others)


def test_a_folder_that_holds_the_releases_is_known(tmp_path: Path) -> None:
    (tmp_path / "Capfile").write_text(CAPFILE)
    (tmp_path / "releases/1").mkdir(parents=True)
    (tmp_path / "current").symlink_to("releases/1")
    assert "history.py" in lines(tmp_path)[-1]


@pytest.mark.parametrize(
    ("step", "why", "last"),
    [
        ("flyctl deploy", "to fly, which is not supported", "next: roll fly back by its own command: fly rel"),
        ("railway up", "to railway, which is not supported", "next: use railway's own rollback"),
        ("netlify deploy --prod", "netlify: {site: ...} in the settings", "--write-settings"),
        ("git push heroku main", "heroku: {app: ...} in the settings", "--write-settings"),
        ("docker compose up -d", "no file shows what deploys this project", "--write-settings"),
        ("helm upgrade shop ./chart", "", "history.py --project"),
    ],
)  # fmt: skip
def test_what_a_gitlab_pipeline_deploys_has_a_next_step_that_works(
    tmp_path: Path, step: str, why: str, last: str
) -> None:
    text = f"deploy:\n  stage: deploy\n  script: [{step}]\n  environment: {{name: production}}\n"
    (tmp_path / ".gitlab-ci.yml").write_text(text)
    *_, before, end = lines(tmp_path)
    assert last in end and end.startswith("next: ")
    assert before.startswith("not yet: ") is bool(why) and why in before
