"""What is found before anything is changed: what stays behind, what differs, what is gone."""

from __future__ import annotations

import json

import pytest
from compose_recorded import Replies, container, exited, moves, target
from compose_recorded import nothing_of_this_machine as nothing_of_this_machine

from rollback.platforms import docker_compose
from rollback.platforms.docker_compose.details import AnonymousVolume, Difference
from rollback.platforms.docker_compose.engine import containers

ID = "a1b2c3d4" * 5


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch):
    """Findings of a rollback of these containers; `keys` service -> its resolved definition."""

    def findings(*running, to=None, keys=None, replies=None, settings=None, **facts):
        special = replies or {}
        usual = {
            "config": json.dumps({"services": keys or {}}),
            "image inspect": "",
            "ls --format": "",
            "rev-parse --is-shallow-repository": "false\n",
            "docker ps --format": "shop:v2\n",
        }
        shell = Replies({**special, **usual, **special})
        monkeypatch.setattr(containers, "of", lambda *_: list(running))
        wanted = {one.service: f"sha256:{one.service}1" for one in running} if to is None else to
        found = moves(target(*running, **(settings or {})), wanted, **facts)
        return list(docker_compose.preflight(found, shell))

    return findings


def of(code: str, findings) -> list[tuple[str, str]]:
    return [(finding.level, finding.message) for finding in findings if finding.code == code]


def fixes(code: str, findings) -> list[str]:
    return [finding.fix for finding in findings if finding.code == code]


def test_an_ordinary_rollback_has_no_blocker_and_leaves_nothing_alone(look):
    found = look(container("web"))
    assert [one.code for one in found if one.level != "note"] == ["downtime"]
    assert [one.code for one in found if one.level == "note"] == ["todays-environment"]


def test_a_job_is_left_alone_as_a_note(look):
    found = look(container("web"), exited("migrate"))
    assert of("left-alone", found) == [
        ("note", "migrate stays as it is: it is a one-off job that has ended")
    ]


def test_a_store_on_another_image_is_left_alone_with_the_setting_that_moves_it(look):
    found = look(container("web"), container("db", reference="postgres:17"))
    assert of("left-alone", found) == [
        ("warning", "db stays on postgres:17: it is a data store (postgres)")
    ]
    (fix,) = fixes("left-alone", found)
    assert "`services` in the settings" in fix


def test_a_store_on_the_same_image_is_no_finding(look):
    db = container("db", reference="postgres:16")
    assert (
        of("left-alone", look(container("web"), db, to={"web": "sha256:web1", "db": db.image}))
        == []
    )
    assert of("left-alone", look(container("web"), db, to={"web": "sha256:web1"})) == []


def test_services_outside_the_settings_stay_on_their_release(look):
    found = look(container("web"), container("api"), settings={"services": ("web",)})
    assert of("left-alone", found) == [
        ("warning", "api stays on acme/api:v2: it is not listed under `services` in the settings")
    ]


def test_a_service_that_the_target_lacks_stays_on_the_live_release(look):
    found = look(container("web"), container("api"), to={"web": "sha256:web1"}, lacks=["api"])
    assert of("left-alone", found) == [("warning", "api stays on v2: v1 has no such service")]
    assert "docker compose stop api" in fixes("left-alone", found)[0]


def test_stopping_a_replaced_service_is_a_note(look):
    found = look(container("web"), to={"app": "sha256:app1"}, lacks=["web"], starts=["app"])
    assert of("left-alone", found) == [("note", "web is stopped and kept: v1 has no such service")]


def test_changed_mounted_files_are_left_alone(look):
    bind = {"type": "bind", "source": "/srv/shop/etc", "target": "/etc/shop"}
    outside = {"type": "bind", "source": "/etc/ssl", "target": "/etc/ssl"}
    diff = {" diff --name-only": "etc/a.conf\0etc/b.conf\0etc/c.conf\0etc/d.conf\0"}
    found = look(
        container("web"), keys={"web": {"volumes": [bind, outside]}}, replies=diff, commit=ID
    )
    ((level, message),) = of("left-alone", found)
    assert level == "warning"
    assert message.startswith("etc/a.conf, etc/b.conf, etc/c.conf and 1 more keeps today's content")
    assert fixes("left-alone", found)[0].startswith("git checkout v1 -- etc/a.conf")
    assert (
        of("left-alone", look(container("web"), keys={"web": {"volumes": [outside]}}, commit=ID))
        == []
    )


@pytest.mark.parametrize("path", ["compose.yaml", ".env"])
def test_compose_files_and_env_files_do_not_count_as_mounted_files(look, path):
    everything = {"type": "bind", "source": "/srv/shop", "target": "/code"}
    diff = {" diff --name-only": f"{path}\0app/main.py\0"}
    keys = {"web": {"volumes": [everything]}}
    found = look(container("web"), keys=keys, replies=diff, commit=ID)
    ((_, message),) = of("left-alone", found)
    assert message.startswith("app/main.py keeps today's content")


def with_env_file(service: str, path: object, **entry: bool) -> dict:
    return {service: {"image": "x", "env_file": [{"path": str(path), **entry}]}}


def test_a_missing_env_file_of_a_moving_service_is_a_blocker(look, tmp_path):
    path = tmp_path / "web.env"
    found = look(container("web"), keys=with_env_file("web", path))
    assert of("environment-differs", found) == [
        ("blocker", f"web: its env file {path} does not exist here")
    ]


def test_a_missing_env_file_of_a_started_service_is_a_blocker(look, tmp_path):
    images = {"web": "sha256:web1", "api": "sha256:api1"}
    keys = with_env_file("api", tmp_path / "api.env")
    found = look(container("web"), to=images, starts=["api"], keys=keys)
    assert [level for level, _ in of("environment-differs", found)] == ["blocker"]


def test_an_existing_or_optional_env_file_is_no_blocker(look, tmp_path):
    (tmp_path / "here.env").touch()
    for entry in ({"path": tmp_path / "here.env"}, {"path": tmp_path / "gone", "required": False}):
        found = look(container("web"), keys=with_env_file("web", **entry))
        assert of("environment-differs", found) == []


def test_a_missing_env_file_of_a_service_that_stays_is_no_blocker(look, tmp_path):
    keys = with_env_file("api", tmp_path / "api.env")
    found = look(container("web"), container("api"), to={"web": "sha256:web1"}, keys=keys)
    assert of("environment-differs", found) == []


def test_variables_that_were_edited_since_the_start_are_a_warning(look):
    edited = Difference("web", ("COLOR",), "COLOR would change", edited=True)
    found = look(container("web"), differs=[edited])
    assert of("environment-changed", found) == [
        ("warning", "web: COLOR would change: its variables were edited after it was started")
    ]
    assert of("environment-differs", found) == []


def test_differences_of_untouched_services_are_no_blocker(look):
    differs = [Difference("api", ("user",)), Difference("web", ("user",))]
    found = look(container("web"), container("api"), to={"web": "sha256:web1"}, differs=differs)
    assert of("environment-differs", found) == [
        ("blocker", "web: user would change, compared with its running containers")
    ]


def test_differences_of_recreated_sharers_are_blockers(look):
    tied = [container("vpn"), container("proxy", shares=("vpn-id",))]
    found = look(*tied, to={"vpn": "sha256:vpn1"}, differs=[Difference("proxy", ("user",))])
    assert [message.partition(":")[0] for _, message in of("environment-differs", found)] == [
        "proxy"
    ]
    assert of("downtime", found) == [
        ("warning", "vpn, proxy: each container stops before the new one starts")
    ]


def test_renewed_volumes_are_a_warning_and_mixed_volumes_a_blocker(look):
    def volume(holds: str) -> dict:
        return {"anonymous": {"web": {"/app": AnonymousVolume("a" * 64, holds)}}}

    (renewed,) = of("anonymous-volume", look(container("web"), settings=volume("image")))
    assert renewed == (
        "warning",
        "web: /app gets a fresh anonymous volume, filled from the older image",
    )
    ((level, message),) = of("anonymous-volume", look(container("web"), settings=volume("both")))
    assert level == "blocker" and message.startswith(
        "web: the anonymous volume at /app holds files of its image and data"
    )
    assert of("anonymous-volume", look(container("web"), settings=volume("data"))) == []


def test_missing_images_are_blockers(look):
    found = look(
        container("web"),
        replies={"image inspect --format {{.Id}} sha256:web1": (1, "", "no such image")},
    )
    assert [level for level, _ in of("artifact-gone", found)] == ["blocker"]
    found = look(
        container("web"),
        replies={"image inspect --format {{.Id}} sha256:web2": (1, "", "no such image")},
    )
    assert [level for level, _ in of("no-way-back", found)] == ["blocker"]


def test_a_store_that_the_settings_list_moves_with_a_warning(look):
    db = container("db", reference="postgres:17")
    assert [
        level for level, _ in of("stateful-service", look(db, settings={"services": ("db",)}))
    ] == ["warning"]
    assert [level for level, _ in of("stateful-service", look(db, settings={"apps": ("db",)}))] == [
        "blocker"
    ]


def test_an_image_updater_and_a_shallow_clone_are_findings(look):
    replies = {
        "docker ps --format": "containrrr/watchtower\n",
        "rev-parse --is-shallow-repository": "true\n",
    }
    codes = [one.code for one in look(container("web"), replies=replies)]
    assert {"auto-updater", "shallow-history"} <= set(codes)
