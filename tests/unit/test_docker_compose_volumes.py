"""Anonymous volumes: what they hold decides whether a rollback renews them, keeps them or stops."""

from __future__ import annotations

import json

import pytest
from compose_recorded import Replies, container, moves, target

from rollback.platforms import docker_compose
from rollback.platforms.docker_compose import containers, definition, volumes
from rollback.platforms.docker_compose.containers import Mount
from rollback.platforms.docker_compose.snapshot import pins

OLD_VOLUME, OTHER_VOLUME = "a" * 64, "b" * 64
CREATED = "2026-11-24T10:00:00Z"
SHIPPED = "-rw-r--r-- root/root      12 2026-11-20 08:00:00 assets/app.js\n"
WRITTEN = "-rw-r----- 1000/1000    4096 2026-11-24 10:00:00 assets/upload.png\n"


def holds(created: str | tuple[int, str, str], listing: str | tuple[int, str, str]) -> str:
    one = container("web", mounts=(Mount("volume", OLD_VOLUME, "/app/public"),))
    shell = Replies({"docker volume inspect": created, "docker cp": listing})
    found = volumes.anonymous([one], shell)
    assert found["web"]["/app/public"]["volume"] == OLD_VOLUME
    assert "web-id:/app/public" in shell.asked[-1]
    return found["web"]["/app/public"]["holds"]


@pytest.mark.parametrize(
    ("listing", "what"),
    [
        (SHIPPED * 2, "image"),
        (WRITTEN, "data"),
        (SHIPPED + WRITTEN, "both"),
        ("-? odd line\n" + SHIPPED, "unknown"),
    ],
)
def test_files_older_than_the_volume_came_with_the_image(listing, what):
    assert holds(f"{CREATED}\n", listing) == what


def test_the_times_of_an_engine_elsewhere_are_read_as_they_are():
    assert holds("2026-11-24T12:00:00+02:00\n", WRITTEN) == "data"
    assert holds("2026-11-24T12:00:01+02:00\n", WRITTEN) == "image"


def test_what_cannot_be_read_is_unknown():
    assert holds((1, "", "no such volume"), SHIPPED) == "unknown"
    assert holds("", WRITTEN) == "unknown"


def test_only_anonymous_volumes_are_looked_into():
    mounts = (
        Mount("volume", "shop_data", "/data"),
        Mount("bind", "/srv/shop/etc", "/etc"),
        Mount("bind", OLD_VOLUME, "/x"),
    )
    assert volumes.anonymous([container("web", mounts=mounts)], Replies({})) == {}


def back(**holds: str):
    """The move of `web` whose volumes hold these; `root` lies at /root."""
    names = dict(zip(holds, (OLD_VOLUME, OTHER_VOLUME), strict=False))
    mounts = {f"/{path}": {"volume": names[path], "holds": what} for path, what in holds.items()}
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
def test_what_hides_the_older_image_is_renewed_and_what_was_written_is_never_lost(
    what, renewed, blocked
):
    assert volumes.renewed(back(public=what)) == (
        {"web": {"/public": OLD_VOLUME}} if renewed else {}
    )
    assert volumes.blocked(back(public=what)) == ({"web": ["/public"]} if blocked else {})


def test_data_beside_an_images_files_would_be_renewed_too_and_stops_everything():
    assert volumes.blocked(back(public="image", uploads="data")) == {"web": ["/uploads"]}
    assert volumes.blocked(back(cache="data", uploads="data")) == {}
    assert volumes.renewed(back(public="image", uploads="data"))["web"].keys() == {
        "/public",
        "/uploads",
    }


def test_volumes_of_services_that_stay_are_none_of_this():
    found = target(
        container("web"),
        container("api"),
        anonymous={"api": {"/x": {"volume": OLD_VOLUME, "holds": "image"}}},
    )
    assert volumes.renewed(moves(found, {"web": "sha256:web1"})) == {}


def test_only_renewed_volumes_are_made_anew_and_only_on_the_way_there():
    (step,) = docker_compose.steps(back(public="image"))
    assert "--renew-anon-volumes" in step.do.argv
    assert "--renew-anon-volumes" not in step.undo.do.argv
    (kept,) = docker_compose.steps(back(uploads="data"))
    assert "--renew-anon-volumes" not in kept.do.argv


def test_the_way_back_mounts_the_old_volume_again(monkeypatch):
    monkeypatch.setattr(containers, "of", lambda *_: [])
    monkeypatch.setattr(definition, "put_together", lambda *_: definition.Definition())
    files = docker_compose.snapshot(back(public="image"), Replies({}))
    there, now = (json.loads(files[f"{side}.pins.json"]) for side in ("to", "now"))
    assert there == {"services": {"web": {"image": "sha256:web1"}}}
    mount = {"type": "volume", "source": OLD_VOLUME, "target": "/public"}
    assert now["services"]["web"] == {"image": "sha256:web2", "volumes": [mount]}
    assert now["volumes"] == {OLD_VOLUME: {"name": OLD_VOLUME, "external": True}}


def test_pins_name_no_volume_that_nobody_renews():
    assert json.loads(pins({"web": "sha256:1"})) == {"services": {"web": {"image": "sha256:1"}}}
