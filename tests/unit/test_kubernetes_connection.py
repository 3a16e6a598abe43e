"""What connects kubectl: answers that are no kubeconfig, and the login of whoever runs a script."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubernetes_recorded import Recorded

from rollback.errors import Unreadable
from rollback.platforms._cluster import connection
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms.helm.client import VERSION
from rollback.platforms.kubernetes.settings import Settings
from rollback.script import launch

VIEW = "kubectl --context test config view --minify --output json"


@pytest.mark.parametrize(
    ("out", "err", "code"),
    [
        ("<html>moved</html>", "", "read-failed"), ("", "", "read-failed"), ("[]", "", "read-failed"),
        ("", "error: You must be logged in to the server", "login"),
    ],
)  # fmt: skip
def test_what_is_no_kubeconfig_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, err: str, code: str
) -> None:
    monkeypatch.setenv("KUBECONFIG", "somewhere")
    shell = Recorded(tmp_path, {"answers": [[VIEW, 0, out, err]]})
    with pytest.raises(Unreadable) as told:
        connection.locate(Settings(context="test", namespace="shop"), shell)
    assert told.value.code == code


def test_a_login_other_than_that_of_the_plan_reaches_the_script(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planned with one login; whoever runs or resumes it exports another for kubectl's plugin."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS")
    for name in names:
        monkeypatch.setenv(name, "another")
    for command in (kubectl(Location("test", "shop"), "get", "pods"), VERSION):
        assert set(names) <= launch.environment(command.variables).keys()
