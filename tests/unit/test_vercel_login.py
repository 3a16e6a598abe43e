"""The token of Vercel: whose it is, and whom it is sent to."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from rollback.errors import Unreadable
from rollback.platforms.vercel import login

LIBRARIES = Path(__file__).parents[2] / "templates/libraries"
TOKEN = "notarealtoken"


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("VERCEL_TOKEN", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / ".local/share/com.vercel.cli/auth.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps({"token": TOKEN}))
    return place


def test_the_clients_token_is_for_vercel_alone(file: Path) -> None:
    assert login.find("https://api.vercel.com").source == str(file)
    assert login.find("http://127.0.0.1:8000").source == str(file)
    with pytest.raises(Unreadable) as error:
        login.find("https://api.evil.example")
    assert error.value.code == "token-missing"


@pytest.mark.programs
@pytest.mark.parametrize(
    ("api", "status"),
    [
        ("https://api.vercel.com", 0),
        ("http://127.0.0.1:8000", 0),
        ("https://api.evil.example", 1),
        ("https://api.vercel.com.evil.example", 1),
        ("http://127.0.0.1.evil.example", 1),
    ],
)
def test_nor_does_the_script_send_it_elsewhere(file: Path, api: str, status: int) -> None:
    code = '. "$1/hosted.sh"; . "$1/vercel.sh"; api=$2; vercel_token'
    done = subprocess.run(
        ["bash", "-c", code, "bash", LIBRARIES, api], capture_output=True, text=True
    )
    assert (done.returncode, TOKEN in done.stdout) == (status, status == 0), done.stderr


@pytest.mark.programs
def test_after_a_logout_there_is_no_token(file: Path) -> None:
    file.write_text('{"token": null, "expiresAt": null}')
    with pytest.raises(Unreadable) as error:
        login.find("https://api.vercel.com")
    assert error.value.code == "token-missing"
    code = '. "$1/hosted.sh"; . "$1/vercel.sh"; api=https://api.vercel.com; vercel_token'
    done = subprocess.run(["bash", "-c", code, "bash", LIBRARIES], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "") and "no token" in done.stderr
