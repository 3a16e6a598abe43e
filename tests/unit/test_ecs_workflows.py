"""What a draft of settings takes from GitHub workflows that deploy to ECS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollback.platforms.ecs.settings import suggested

ACTION = """
on: push
env: {ECS_CLUSTER: shop-production, ECS_SERVICE: web}
jobs:
  deploy:
    runs-on: ubuntu-latest
    %s
    steps:
    - uses: aws-actions/configure-aws-credentials@v4
      with: {aws-region: eu-central-1}
    - uses: aws-actions/amazon-ecs-deploy-task-definition@v2
      with:
        task-definition: td.json
        service: ${{ env.ECS_SERVICE }}
        cluster: ${{ env.ECS_CLUSTER }}
"""
SHOP = {"cluster": "shop-production", "services": ["web"], "region": "eu-central-1"}


def told(project: Path, environment: str, **files: str) -> dict[str, Any]:
    folder = project / ".github/workflows"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return suggested(project, environment)


def runs(*commands: str, environment: str = "") -> str:
    named = f"environment: {environment}\n    " if environment else ""
    script = "\n".join(f"        {command}" for command in commands)
    return f"jobs:\n  deploy:\n    {named}steps:\n    - run: |\n{script}\n"


def test_the_action_of_aws_tells_all_three(tmp_path: Path) -> None:
    assert told(tmp_path, "production", deploy=ACTION % "") == SHOP


def test_a_job_tells_of_its_own_environment_only(tmp_path: Path) -> None:
    assert told(tmp_path, "live", deploy=ACTION % "environment: {name: live}") == SHOP
    assert suggested(tmp_path, "production") == suggested(tmp_path, "staging") == {}


def test_a_job_without_an_environment_is_no_staging(tmp_path: Path) -> None:
    assert told(tmp_path, "staging", deploy=ACTION % "") == {}


def test_commands_of_one_cluster_are_one_application(tmp_path: Path) -> None:
    text = runs(
        "aws ecs update-service --cluster shop --service web --force-new-deployment",
        "aws ecs update-service --service=worker \\\n          --cluster=shop && echo done",
    )
    known = told(tmp_path, "production", deploy=text)
    assert known == {"cluster": "shop", "services": ["web", "worker"]}


@pytest.mark.parametrize(
    "text",
    [
        runs("aws ecs update-service --cluster $CLUSTER --service web"),
        runs("aws ecs update-service --cluster ${{ vars.CLUSTER }} --service web"),
        runs("aws ecs update-service --service web"),
        runs("aws ecs update-service --cluster shop --service web", environment="${{ inputs.where }}"),
        runs("aws ecs update-service --cluster staging --service web"),
        runs("aws ecs update-service --cluster shop --service 'w b'"),
        runs("aws ecs update-service --cluster a --service web", "aws ecs update-service --cluster b --service web"),
        "jobs: [3]",
        "jobs: {deploy: {steps: 3}}",
        "no: [yaml",
        "\x00",
    ],
)  # fmt: skip
def test_what_only_github_knows_or_is_not_clear_is_left_for_a_person(
    tmp_path: Path, text: str
) -> None:
    assert told(tmp_path, "production", deploy=text) == {}


def test_a_project_without_workflows_tells_nothing(tmp_path: Path) -> None:
    assert suggested(tmp_path, "production") == {}
