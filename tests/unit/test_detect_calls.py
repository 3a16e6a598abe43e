"""What is called in another repository counts by its name: less than a step of its own."""

from __future__ import annotations

import pytest

from rollback.flow import detect

pytestmark = pytest.mark.programs


@pytest.mark.parametrize(
    ("platform", "call"),
    [
        ("ecs", "uses: org/tools/.github/workflows/ecs-deploy.yml@main"),
        ("ecs", "uses: './.github/workflows/ecs-deploy.yml' # ours"),
        ("helm", "uses: org/ci/.github/workflows/helm-deploy.yaml@v2"),
        ("helm", "uses: org/ci/.github/workflows/deployHelm.yaml@v2"),
    ],
)
def test_a_called_name_is_weaker_than_a_step(tmp_path, platform, call):
    workflow = tmp_path / ".github/workflows/cd.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(f"jobs:\n  deploy:\n    {call}\n")
    rows = [row for row in detect.look(tmp_path).platforms if row.platform == platform]
    assert all(row.strength <= 65 and "step" not in row.reasons[0] for row in rows)
    workflow.write_text("steps:\n- run: helm upgrade shop .\n- run: aws ecs update-service\n")
    steps = [row for row in detect.look(tmp_path).platforms if row.platform == platform]
    assert steps[0].strength >= 75
