"""Health checks that are commands of the settings."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rollback.flow import health
from rollback.model import Check
from rollback.probes import command
from rollback.settings.model import HealthCheck
from rollback.shell import Shell

pytestmark = pytest.mark.programs


def looked(project: Path, script: str, **more: object) -> Check:
    entry = HealthCheck(command=("sh", "-c", script), **{"attempts": 1, **more})  # type: ignore[arg-type]
    (check,) = command.look([entry], "before", Shell(project))
    return check


@pytest.mark.parametrize(
    ("script", "verdict", "detail"),
    [
        ("echo noise; echo 0.1 % of requests fail", "healthy", "0.1 % of requests fail"),
        ("echo 7 % of requests fail; exit 1", "unhealthy", "7 % of requests fail"),
        ("echo Prometheus is away >&2; exit 2", "unknown", "exit status 2: Prometheus is away"),
        ("exit 3", "unknown", "exit status 3"),
        ("printf 'a\\033[31mb\\n'", "healthy", "ab"),
    ],
)
def test_its_exit_status_is_the_verdict(
    tmp_path: Path, script: str, verdict: str, detail: str
) -> None:
    check = looked(tmp_path, script)
    assert (check.verdict, check.detail) == (verdict, detail)
    assert check.name.startswith("sh -c ") and check.phase == "before"


def test_a_program_that_is_missing_or_hangs_is_unknown(tmp_path: Path) -> None:
    entry = HealthCheck(command=("no-such-program",))
    (missing,) = command.look([entry], "before", Shell(tmp_path))
    assert missing.verdict == "unknown" and "no-such-program is not on PATH" in missing.detail
    hanging = looked(tmp_path, "sleep 60", timeout=0.2)
    assert hanging.verdict == "unknown"


def test_what_it_has_started_ends_with_it_at_its_limit(tmp_path: Path) -> None:
    begun = "(sleep 2; touch outlived) & echo $! >child; "
    late = looked(tmp_path, f"{begun} sleep 60", timeout=0.3)
    assert late.verdict == "unknown" and "timed out after 0.3 s" in late.detail
    time.sleep(2.5)
    assert not (tmp_path / "outlived").exists()


def test_one_that_cannot_tell_leaves_nothing_healthy(tmp_path: Path) -> None:
    passed = Check("web", "healthy")
    unsure = looked(tmp_path, "exit 2")
    assert health.report([passed, looked(tmp_path, "true")]).verdict == "healthy"
    assert health.report([passed, unsure]).verdict == "unknown"
    assert health.report([passed, unsure, Check("db", "unhealthy")]).verdict == "unhealthy"
    assert health.report([passed, Check("logs", "unknown")]).verdict == "healthy"


def test_an_unhealthy_one_is_tried_again_and_runs_in_the_project(tmp_path: Path) -> None:
    check = looked(tmp_path, "echo x >>tries; [ $(wc -l <tries) = 2 ]", attempts=3)
    assert check.verdict == "healthy"
    assert (tmp_path / "tries").read_text() == "x\nx\n"


def test_a_program_of_the_project_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ops").mkdir()
    file = tmp_path / "ops/error-rate"
    file.write_text("#!/bin/sh\necho 7 %; exit 1\n")
    file.chmod(0o755)
    monkeypatch.chdir("/")
    entry = HealthCheck(command=("./ops/error-rate",), attempts=1)
    (check,) = command.look([entry], "before", Shell(tmp_path))
    assert (check.verdict, check.detail) == ("unhealthy", "7 %")
    file.chmod(0o644)
    (check,) = command.look([entry], "before", Shell(tmp_path))
    assert check.verdict == "unknown" and "./ops/error-rate is not a program" in check.detail
