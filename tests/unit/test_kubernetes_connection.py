"""A kubectl that ends well and prints something else: told as such, not as a bug of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubernetes_recorded import Recorded

from rollback.errors import Unreadable
from rollback.platforms.kubernetes import connection
from rollback.settings.model import EnvironmentSettings

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
        connection.place(EnvironmentSettings(context="test", namespace="shop"), shell)
    assert told.value.code == code
