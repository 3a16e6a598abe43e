"""A release's files put together: what Compose merged, made safe to start again later."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from compose_recorded import Replies, container, exited, target
from compose_recorded import nothing_of_this_machine as nothing_of_this_machine

from rollback.platforms.docker_compose.definition import config, merged, resolved, variables
from rollback.platforms.docker_compose.definition.merged import Definition
from rollback.platforms.docker_compose.definition.source import Source

RUNNING = [container("web"), container("db", reference="postgres:16"), exited("migrate")]


def put_together(
    document: dict, folder: Path, *beside: tuple[str, str], **existing: str
) -> Definition:
    """The definition of a project in which Compose printed this document."""
    replies = {
        "config --no-interpolate": yaml.safe_dump(document),
        "network ls": existing.get("networks", "bridge\n"),
        "volume ls": existing.get("volumes", ""),
    }
    details = target(*RUNNING, folder=str(folder)).details
    source = Source(((f"{folder}/compose.yaml", "services: {}\n"),), beside)
    return merged.put_together(details, source, "to", Replies(replies))


def text(made: Definition) -> dict:
    return yaml.safe_load(made.texts["to.compose.yaml"])


def test_nothing_is_built_or_pulled(tmp_path):
    web = {"build": {"context": "."}, "pull_policy": "always", "command": "$$HOME ${TAG}"}
    made = text(put_together({"services": {"web": web}}, tmp_path))
    assert made["services"]["web"] == {"image": "shop-web", "command": "$$HOME ${TAG}"}


def test_networks_and_volumes_that_exist_are_used_as_they_are(tmp_path):
    parts = {"default": {"name": "shop_default", "driver": "bridge"}, "new": {"name": "shop_new"}}
    volumes = {"data": {"name": "shop_data", "driver_opts": {"type": "nfs"}}, "plain": None}
    document = {"services": {}, "networks": parts, "volumes": volumes}
    made = text(
        put_together(document, tmp_path, networks="shop_default\n", volumes="shop_data\nplain\n")
    )
    assert made["networks"] == {
        "default": {"name": "shop_default", "external": True},
        "new": {"name": "shop_new"},
    }
    assert made["volumes"]["data"] == {"name": "shop_data", "external": True}
    assert made["volumes"]["plain"] == {"name": "plain", "external": True}


@pytest.mark.parametrize(("today", "copied"), [("A=1\n", False), ("A=2\n", True), (None, True)])
def test_a_service_gets_the_env_file_of_its_release(tmp_path, today, copied):
    path = tmp_path / "web.env"
    if today:
        path.write_text(today)
    document = {"services": {"web": {"image": "x", "env_file": [{"path": str(path)}]}}}
    made = put_together(document, tmp_path, (str(path), "A=1\n"))
    (entry,) = text(made)["services"]["web"]["env_file"]
    assert entry["path"] == ("${ROLLBACK_STATE}/to-env.web.env" if copied else str(path))
    assert made.texts.get("to-env.web.env") == ("A=1\n" if copied else None)


@pytest.mark.parametrize("service", ["web", "db", "new"])
@pytest.mark.parametrize("written", [{}, {"required": True}, {"required": False}])
def test_no_env_file_of_a_service_that_stays_stops_the_rest(tmp_path, service, written):
    keys = {"image": "x", "env_file": [{"path": "/etc/shop.env", **written}]}
    made = put_together({"services": {service: keys}}, tmp_path)
    (entry,) = text(made)["services"][service]["env_file"]
    assert entry == {"path": "/etc/shop.env", "required": False}
    needed = written.get("required", True)
    assert made.required == {service: ("/etc/shop.env",) if needed else ()}


def test_a_copied_env_file_is_not_required(tmp_path):
    path = str(tmp_path / "web.env")
    document = {"services": {"web": {"image": "x", "env_file": [{"path": path}]}}}
    assert put_together(document, tmp_path, (path, "A=1\n")).required == {"web": ()}


def test_an_env_file_without_a_copy_is_required(tmp_path):
    path = str(tmp_path / "web.env")
    document = {"services": {"web": {"image": "x", "env_file": [{"path": path}]}}}
    (tmp_path / "web.env").write_text("A=1\n")
    assert put_together(document, tmp_path, (path, "A=1\n")).required == {"web": (path,)}


def test_a_mount_whose_source_is_a_variable_stays_undecided(tmp_path):
    mounts = [
        {"type": "volume", "source": "${DATA}", "target": "/data", "read_only": True},
        {"type": "volume", "source": "${DATA}", "target": "/more"},
        {"type": "volume", "source": "data", "target": "/plain"},
    ]
    made = text(put_together({"services": {"web": {"image": "x", "volumes": mounts}}}, tmp_path))
    assert made["services"]["web"]["volumes"] == ["${DATA}:/data:ro", "${DATA}:/more", mounts[2]]


def test_the_reason_of_a_refusal_does_not_name_the_scratch_folder(tmp_path):
    class Refusing(Replies):
        def ask(self, command):
            folder = command.argv[1].partition("=")[2]
            self.replies = {
                "config": (15, "", f"time=now\nvalidating {folder}/srv/shop/compose.yaml: no\n")
            }
            return super().ask(command)

    source = Source((("/srv/shop/compose.yaml", "services: {}\n"),))
    details = target(*RUNNING).details
    made = merged.put_together(details, source, "to", Refusing({}))
    assert made.problem == "validating /srv/shop/compose.yaml: no"
    answer = resolved.resolve(details, source, "to", Refusing({}))
    assert (answer.problem, answer.services) == (made.problem, {})


def test_the_same_files_are_merged_once(tmp_path):
    shell = Replies({"config": "services: {}\n", "ls": ""})
    details, source = target(*RUNNING).details, Source((("/srv/shop/compose.yaml", "x: y\n"),))
    for _ in range(2):
        merged.put_together(details, source, "to", shell)
    assert len([question for question in shell.asked if "--no-interpolate" in question]) == 1


def test_two_sides_with_equal_files_keep_their_own_env_files(tmp_path):
    """Equal answers are read once, and each side changes a copy of its own."""
    own, here = str(tmp_path / "own.env"), "/etc/shop.env"
    web = {"image": "x", "build": ".", "env_file": [{"path": own}, {"path": here}]}
    printed = yaml.safe_dump({"services": {"web": web}, "networks": {"new": {"name": "n"}}})
    shell = Replies({"config": printed, "network ls": "n\n", "volume ls": ""})
    details = target(*RUNNING, folder=str(tmp_path)).details
    files = ((f"{tmp_path}/compose.yaml", "services: {}\n"),)
    for side, text in (("to", "A=1\n"), ("now", "A=2\n")):
        made = merged.put_together(details, Source(files, ((own, text),)), side, shell)
        paths = [entry["path"] for entry in made.services["web"]["env_file"]]
        assert paths == [f"${{ROLLBACK_STATE}}/{side}-env.own.env", here]
        assert made.texts[f"{side}-env.own.env"] == text
        assert made.required == {"web": (here,)}
    assert config.parsed(printed) == yaml.safe_load(printed)


def test_compose_v1_gets_the_files_as_they_are():
    details = target(*RUNNING, tool_version="1.29.2").details
    files = (("/srv/shop/compose.yaml", "services: {web: {image: 'x:${TAG}'}}\n"),)
    source = Source(files, (), (("/srv/shop/.env", "TAG=v1\n"),), ("/srv/shop/.env",))
    made = merged.put_together(details, source, "to", Replies({}))
    assert made.texts == {"to.compose.yaml": files[0][1], "to-env..env": "TAG=v1\n"}


@pytest.mark.parametrize("version", ["1.29.2", "2.26.1"])
def test_the_text_of_an_untracked_env_file_is_never_written(tmp_path, version):
    details = target(*RUNNING, folder=str(tmp_path), tool_version=version).details
    path = f"{tmp_path}/.env"
    source = Source(((f"{tmp_path}/compose.yaml", "services: {}\n"),), (), ((path, "KEY=x1y2\n"),))
    shell = Replies({"config": "services: {}\n", " ls ": ""})
    made = merged.put_together(details, source, "to", shell)
    assert list(made.texts) == ["to.compose.yaml"] and "x1y2" not in str(made)
    answer = resolved.resolve(details, source, "to", shell)
    assert not answer.problem and f"--env-file {path} --file" in shell.asked[-1]


@pytest.mark.parametrize(
    ("image", "optional"),
    [
        ("shop:${TAG:?set it}", "shop:${TAG}"),
        ("${HOST?}/shop:${TAG-v1}", "${HOST}/shop:${TAG-v1}"),
        ("shop:$TAG$$", "shop:$TAG$$"),
        ("shop:${TAG:-v${MAJOR:?}}", "shop:${TAG:-v${MAJOR}}"),
    ],
)
def test_a_name_of_an_image_demands_no_variable(image, optional):
    assert variables.optional(image) == optional
