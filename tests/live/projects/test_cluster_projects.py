"""The projects on a cluster, in a lane of their own: it needs a Kubernetes."""

from __future__ import annotations

import pytest

from tests.live.projects.case import Case
from tests.live.projects.project import Project
from tests.live.projects.test_projects import comes_back


@pytest.mark.parametrize("project", Case.names(on_cluster=True), indirect=True)
def test_a_project_on_a_cluster_comes_back_to_its_one_expected_end(project: Project):
    comes_back(project)
