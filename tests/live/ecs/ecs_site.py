"""A project that deploys to ECS: its settings, and the real scripts run against the emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cloud import Cluster, environment

from tests.live.project_site import ProjectSite


class Site(ProjectSite):
    """`environment` is what each script gets; `endpoint` may be a proxy before the emulator."""

    def __init__(self, root: Path, cluster: Cluster, *services: str) -> None:
        self.root, self.cluster, self.project = root, cluster, root / "project"
        self.project.mkdir(parents=True)
        self.environment = environment(root)
        self.endpoint(cluster.cloud.url)
        self.git("init", "-q", "-b", "main")
        self.settings(cluster=cluster.name, services=list(services))

    def endpoint(self, url: str) -> None:
        self.environment["AWS_ENDPOINT_URL"] = url

    def settings(self, **facts: Any) -> None:
        self.commit_settings({"platform": "ecs", "ecs": facts})

    def restore(self, plan: Any, check: int | None = 7) -> Any:
        return self.script("restore", *self.approved(plan), check=check)

    def written(self) -> str:
        """Everything below the home folder and the project."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)


def findings(plan: Any) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["level"], row["message"]) for row in plan["findings"]}
