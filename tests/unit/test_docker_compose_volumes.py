"""Anonymous volumes: what they hold decides whether a rollback renews them, keeps them or stops."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from compose_recorded import Replies, container, moves, target

from rollback.platforms import docker_compose
from rollback.platforms.docker_compose.definition import merged
from rollback.platforms.docker_compose.details import AnonymousVolume
from rollback.platforms.docker_compose.engine import containers
from rollback.platforms.docker_compose.engine.containers import Mount
from rollback.platforms.docker_compose.services import volumes
from rollback.platforms.docker_compose.snapshot import pins

OLD_VOLUME, OTHER_VOLUME = "a" * 64, "b" * 64
CREATED = "2026-11-24T10:00:00Z"
COPIED, LISTED = "copied\n", "listed\n"
WHOLE = COPIED + LISTED
SHIPPED = "-rw-r--r-- root/root      12 2026-11-20 08:00:00 assets/app.js\n"
FOLDER = "drwxr-xr-x root/root       0 2026-11-20 08:00:00 assets/\n"
WRITTEN = "-rw-r----- 1000/1000    4096 2026-11-24 10:00:00 assets/upload.png\n"


def holds(created: str | tuple[int, str, str], listing: str | tuple[int, str, str]) -> str:
    one = container("web", mounts=(Mount("volume", OLD_VOLUME, "/app/public"),))
    shell = Replies({"docker volume inspect": created, "docker cp": listing})
    found = volumes.anonymous([one], shell)
    assert found["web"]["/app/public"].volume == OLD_VOLUME
    assert "web-id:/app/public" in shell.asked[-1]
    return found["web"]["/app/public"].holds


@pytest.mark.parametrize(
    ("listing", "what"),
    [
        (SHIPPED * 2, "image"),
        (WRITTEN, "data"),
        (FOLDER, "data"),
        (SHIPPED + WRITTEN, "both"),
        ("-? odd line\n" + SHIPPED, "unknown"),
    ],
)
def test_files_older_than_the_volume_came_with_the_image(listing, what):
    assert holds(f"{CREATED}\n", listing + WHOLE) == what


@pytest.mark.parametrize(
    ("listing", "what"),
    [
        (SHIPPED, "unknown"),
        (WRITTEN, "unknown"),
        (SHIPPED + WRITTEN, "both"),
        (COPIED + SHIPPED, "unknown"),
        (SHIPPED + LISTED, "unknown"),
        (COPIED + SHIPPED.replace("app.js", "listed"), "unknown"),
        ("", "unknown"),
    ],
    ids=["shipped", "written", "both kinds", "not listed", "not copied", "named so", "empty"],
)
def test_a_truncated_listing_proves_only_that_both_kinds_exist(listing, what):
    assert holds(f"{CREATED}\n", listing) == what


@pytest.mark.programs
@pytest.mark.parametrize(
    ("end", "whole"),
    [("", True), ("| head -c 1500", False), (">/dev/null", False), ("; exit 1", False)],
)
def test_a_listing_is_whole_when_all_was_copied_and_read(tmp_path, end, whole):
    content = tmp_path / "volume"
    content.mkdir()
    (content / "app.js").write_text("x" * 2000)
    (tmp_path / "docker").write_text(f'#!/bin/sh\ntar -cf - -C "${{2#web-id:}}" . {end}\n')
    (tmp_path / "docker").chmod(0o755)
    argv = ["sh", "-c", volumes._LISTING, "sh", f"web-id:{content}"]
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    found = subprocess.run(argv, env=environment, capture_output=True, text=True)
    assert {"copied", "listed"}.issubset(found.stdout.splitlines()) is whole
    assert ("app.js" in found.stdout) is (end != ">/dev/null")


def test_the_times_of_an_engine_elsewhere_are_read_as_they_are():
    assert holds("2026-11-24T12:00:00+02:00\n", WRITTEN + WHOLE) == "data"
    assert holds("2026-11-24T12:00:01+02:00\n", WRITTEN + WHOLE) == "image"


def test_an_unreadable_volume_is_unknown():
    assert holds((1, "", "no such volume"), SHIPPED + WHOLE) == "unknown"
    assert holds("", WRITTEN + WHOLE) == "unknown"
    assert holds(f"{CREATED}\n", (1, "", "docker cp: no such container")) == "unknown"


def test_only_anonymous_volumes_are_read():
    mounts = (
        Mount("volume", "shop_data", "/data"),
        Mount("bind", "/srv/shop/etc", "/etc"),
        Mount("bind", OLD_VOLUME, "/x"),
    )
    assert volumes.anonymous([container("web", mounts=mounts)], Replies({})) == {}


def back(**holds: str):
    """The move of `web` whose volumes hold these; `root` lies at /root."""
    names = dict(zip(holds, (OLD_VOLUME, OTHER_VOLUME), strict=False))
    mounts = {f"/{path}": AnonymousVolume(names[path], what) for path, what in holds.items()}
    return moves(
        target(container("web"), anonymous={"web": mounts} if mounts else {}),
        {"web": "sha256:web1"},
    )


@pytest.mark.parametrize(
    ("what", "renewed", "blocked"),
    [
        ("image", True, False),
        ("unknown", True, False),
        ("data", False, False),
        ("both", False, True),
    ],
)
def test_volumes_with_image_files_are_renewed_and_written_data_is_never_lost(
    what, renewed, blocked
):
    assert volumes.renewed(back(public=what)) == (
        {"web": {"/public": OLD_VOLUME}} if renewed else {}
    )
    assert volumes.blocked(back(public=what)) == ({"web": ["/public"]} if blocked else {})


def test_data_beside_a_renewed_volume_is_a_blocker():
    assert volumes.blocked(back(public="image", uploads="data")) == {"web": ["/uploads"]}
    assert volumes.blocked(back(cache="data", uploads="data")) == {}
    assert volumes.renewed(back(public="image", uploads="data"))["web"].keys() == {
        "/public",
        "/uploads",
    }


def test_volumes_of_services_that_stay_are_kept():
    found = target(
        container("web"),
        container("api"),
        anonymous={"api": {"/x": AnonymousVolume(OLD_VOLUME, "image")}},
    )
    assert volumes.renewed(moves(found, {"web": "sha256:web1"})) == {}


def test_volumes_are_renewed_by_the_rollback_but_not_by_its_undo():
    (step,) = docker_compose.steps(back(public="image"))
    assert "--renew-anon-volumes" in step.do.argv
    assert "--renew-anon-volumes" not in step.undo.do.argv
    (kept,) = docker_compose.steps(back(uploads="data"))
    assert "--renew-anon-volumes" not in kept.do.argv


def test_the_undo_mounts_the_old_volume_again(monkeypatch):
    monkeypatch.setattr(containers, "of", lambda *_: [])
    monkeypatch.setattr(merged, "put_together", lambda *_: merged.Definition())
    files = docker_compose.snapshot(back(public="image"), Replies({}))
    there, now = (json.loads(files[f"{side}-pins.json"]) for side in ("to", "now"))
    assert there == {"services": {"web": {"image": "sha256:web1"}}}
    mount = {"type": "volume", "source": OLD_VOLUME, "target": "/public"}
    assert now["services"]["web"] == {"image": "sha256:web2", "volumes": [mount]}
    assert now["volumes"] == {OLD_VOLUME: {"name": OLD_VOLUME, "external": True}}


def test_pins_leave_out_volumes_that_are_not_renewed():
    assert json.loads(pins({"web": "sha256:1"})) == {"services": {"web": {"image": "sha256:1"}}}
