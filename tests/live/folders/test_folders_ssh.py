"""Two hosts over a real sshd: one move each, hosts that disagree, hosts that are gone or are not who they were."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest
from folders_site import Site

from tests.live.beds import sshd

Hosts = dict[str, Site]


def findings(plan: Any) -> list[str]:
    return [one["code"] for one in plan["findings"]]


def test_every_host_is_switched_and_switched_back(hosts: Hosts):
    plan = hosts["web1"].plan()
    assert [(move["target"]["app"], move["to"]["version"]) for move in plan["moves"]] == [
        ("shop@web1", "v1.2.2"),
        ("shop@web2", "v1.2.2"),
    ]
    done = hosts["web1"].execute(plan, check=11)
    assert [one["state"] for one in done["targets"]] == ["rolled-back", "rolled-back"]
    assert [site.current() for site in hosts.values()] == ["20261104090000"] * 2
    assert [site.log() for site in hosts.values()] == [["20261104090000"]] * 2
    assert hosts["web1"].plan()["moves"][0]["to"]["version"] == "v1.2.1"
    hosts["web1"].restore(plan, check=11)
    assert [site.current() for site in hosts.values()] == ["20261107090000"] * 2


def test_the_server_over_there_is_restarted(hosts: Hosts):
    one = hosts["web1"]
    pid = str(one.seen / "server.pid")
    one.settings(("web1",), restart=["sh", "./restart", pid, str(one.port)])
    plan = one.plan()
    assert one.execute(plan)["health"]["verdict"] == "healthy"
    assert one.answer() == (200, "v1.2.2")
    one.restore(plan)
    assert one.answer() == (200, "v1.2.3")
    one.stop()


def test_hosts_that_disagree_are_told_and_only_those_that_differ_move(hosts: Hosts):
    hosts["web2"].link("20261104090000")
    plan = hosts["web1"].plan()
    assert "hosts-disagree" in findings(plan)
    assert [move["target"]["where"] for move in plan["moves"]] == [f"web1:{hosts['web1'].seen}"]
    hosts["web1"].execute(plan, check=11)
    assert [site.current() for site in hosts.values()] == ["20261104090000"] * 2


def test_a_release_that_one_host_lacks_is_skipped_by_name(hosts: Hosts):
    shutil.rmtree(hosts["web2"].files / "releases" / "20261104090000")
    plan = hosts["web1"].plan()
    assert [move["to"]["version"] for move in plan["moves"]] == ["v1.2.1", "v1.2.1"]
    (skipped,) = plan["moves"][0]["skipped"]
    assert skipped["code"] == "artifact-gone" and f"web2:{hosts['web2'].seen}" in skipped["reason"]
    assert findings(hosts["web1"].plan("v1.2.2", check=6))[0] == "artifact-gone"


def test_a_host_that_is_down_is_named_and_nothing_is_planned(hosts: Hosts, beds: sshd.Beds):
    beds.stop("web2")
    refused = hosts["web1"].plan(check=12)
    assert refused["error"]["code"] == "ssh-failed" and "web2" in refused["error"]["message"]


def test_a_host_that_goes_down_after_the_plan_stops_everything(hosts: Hosts, beds: sshd.Beds):
    plan = hosts["web1"].plan()
    beds.stop("web2")
    refused = hosts["web1"].execute(plan, check=12)
    assert "web2" in refused["error"]["message"]
    assert [site.current() for site in hosts.values()] == ["20261107090000"] * 2


def test_another_machine_behind_the_same_name_is_not_touched(hosts: Hosts, beds: sshd.Beds):
    plan = hosts["web1"].plan()
    beds.stop("web2")
    for key in ("host", "host.pub"):
        (beds.bin.parent / "hosts" / "web2" / key).unlink()
    sshd.start(beds, "web2")
    assert hosts["web1"].execute(plan, check=10)["error"]["code"] == "drifted"
    assert [site.current() for site in hosts.values()] == ["20261107090000"] * 2


def test_one_host_that_fails_does_not_stop_the_other(hosts: Hosts):
    """Independent targets are all tried, and told apart."""
    hosts["web1"].settings(("web1", "web2"), health=False, restart=["sh", "./may-restart"])
    for site in hosts.values():
        for name in os.listdir(site.files / "releases"):
            (site.files / "releases" / name / "may-restart").write_text("exit 0\n")
    (hosts["web1"].files / "releases" / "20261104090000" / "may-restart").write_text(
        "echo broken >&2; exit 1\n"
    )
    plan = hosts["web1"].plan()
    done = hosts["web1"].execute(plan, check=5)
    assert (done["outcome"], [one["state"] for one in done["targets"]]) == (
        "partial",
        ["failed", "rolled-back"],
    )
    back = hosts["web1"].restore(plan, check=None)
    assert back["outcome"] == "restored"
    assert [site.current() for site in hosts.values()] == ["20261107090000"] * 2


@pytest.mark.parametrize("name", ["-rf it's $(touch PWNED) `touch PWNED`", "*"])
def test_a_hostile_path_is_only_a_path(name: str, hosts: Hosts, beds: sshd.Beds):
    for site in hosts.values():
        site.files = site.files.rename(site.files.with_name(name))
        site.seen = beds.path / name
        site.link("20261107090000")
    hosts["web1"].settings(("web1", "web2"), health=False)
    plan = hosts["web1"].plan()
    hosts["web1"].execute(plan, check=11)
    assert [site.current() for site in hosts.values()] == ["20261104090000"] * 2
    assert not list(beds.bin.parent.rglob("PWNED"))
