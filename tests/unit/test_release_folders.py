"""Release folders as recorded on real hosts: which releases there are, which served, which are out of the question."""

from __future__ import annotations

import pytest
from folders_recorded import CASES, back, deployed, environment, read, reply, story, tools  # noqa: F401

from rollback.errors import RollbackError
from rollback.flow import choose
from rollback.platforms import release_folders
from rollback.shell import Shell


@pytest.mark.parametrize("case", CASES, ids=[case["case"].split(":")[0] for case in CASES])
def test_the_history_and_the_tools_own_pick_match_the_record(case, fp):
    found = read(fp, case["hosts"])
    assert [
        f"{one.id} {one.version or '-'} {one.status} {one.skip or '-'}" for one in found.releases
    ] == case["releases"]
    assert release_folders.bare(found.releases) == case["bare"]
    assert choose.choose(found.releases, "previous").to.id == case.get("previous", case["to"])


@pytest.mark.parametrize("case", CASES, ids=[case["case"].split(":")[0] for case in CASES])
def test_the_commands_and_their_undos_match_the_record(case, fp):
    found = read(fp, case["hosts"])
    moves = found.moves(case["to"])
    steps = release_folders.steps(moves)
    assert [str(step.do) for step in steps] == case["steps"]
    assert [str(step.undo.do) for step in steps] == case["restore"]
    assert len(moves) == len(case["hosts"])
    assert [step.undo.last for step in steps] == ["switch" not in step.id for step in steps]


def test_an_unfinished_release_is_skipped_by_name(fp):
    found = read(fp, story(deployed("1"), deployed("3"), live="3", folders=("1", "2", "3")))
    choice = choose.choose(found.releases, "previous")
    assert choice.to.id == "1"
    assert [(one.release, one.code, one.reason) for one in choice.skipped] == [
        ("2", "unfinished", "Capistrano's log does not list it on box:/srv/shop")
    ]


def test_a_release_older_than_a_cut_log_is_not_unfinished(fp):
    found = read(
        fp,
        story(
            deployed("20261122090000"),
            live="20261122090000",
            folders=("20261121090000", "20261122090000"),
        ),
    )
    assert found.named("20261121090000").skip is None


def test_modification_times_decide_nothing(fp):
    """frankendeploy#72: after a rollback the newest by time is a newer release."""
    times = ("mtime\t20261121090000", "mtime\t20261123090000", "mtime\t20261122090000")
    names = ("20261121090000", "20261122090000", "20261123090000")
    found = read(fp, story(*map(deployed, names), live=names[2], folders=names, more=times))
    assert choose.choose(found.releases, "previous").to.id == names[1]
    assert release_folders.bare(found.releases) == names[2]


def test_a_release_that_was_rolled_back_from_is_not_picked(fp):
    lines = (deployed("1"), deployed("2"), deployed("3"), back("2"))
    found = read(fp, story(*lines, live="2", folders=("1", "2", "3")))
    assert found.named("3").status == "rolled-back-from"
    assert choose.choose(found.releases, "previous").to.id == "1"
    assert [one.code for one in choose.choose(found.releases, "3").findings] == [
        "rolled-back-from",
        "forward",
    ]


def test_rolling_forward_again_clears_both_releases(fp):
    """A restore appends a line, too; it must not turn the good release into one that was rolled back from."""
    found = read(
        fp, story(deployed("1"), deployed("2"), back("1"), back("2"), live="2", folders=("1", "2"))
    )
    assert [one.status for one in found.releases] == ["live", "superseded"]


def test_the_version_is_the_only_tag_on_the_commit(fp):
    tags = f"{'0' * 32}00000001  v1.0.0\n{'f' * 40} {'0' * 32}00000002 v1.1.0\n{'0' * 32}00000003  v1.2.0\n{'0' * 32}00000003  latest\n"
    found = read(
        fp,
        story(deployed("1"), deployed("2"), deployed("3"), live="3", folders=("1", "2", "3")),
        tags,
    )
    assert [one.version for one in found.releases] == [None, "v1.1.0", "v1.0.0"]
    assert choose.choose(found.releases, "v1.0.0").to.id == "1"


def test_two_folders_of_one_commit_are_the_same_content(fp):
    hosts = story(deployed("1"), deployed("2"), deployed("3"), live="3", folders=("1", "2", "3"))
    hosts[""] = [line.replace("00000002", "00000003") for line in hosts[""]]
    choice = choose.choose(read(fp, hosts).releases, "previous")
    assert (choice.to.id, choice.skipped[0].code) == ("1", "same-content")


def test_a_pruned_release_can_be_named_but_is_blocked(fp):
    choice = choose.choose(
        read(fp, story(deployed("1"), deployed("2"), live="2", folders=("2",))).releases, "1"
    )
    assert [(one.level, one.code) for one in choice.findings] == [("blocker", "artifact-gone")]


def test_a_release_missing_on_one_host_names_that_host(fp):
    found = read(fp, CASES[3]["hosts"])
    assert (
        found.named("20261121090000").skip_reason
        == "its folder is missing on deploy@web2:2222:/srv/shop"
    )


def test_a_live_release_without_its_folder_can_be_rolled_back(fp):
    hosts = story(deployed("1"), deployed("2"), live="1", folders=("1",))
    hosts[""] = [line for line in hosts[""] if not line.startswith(("live", "link"))] + [
        "link\treleases/2"
    ]
    found = read(fp, hosts)
    assert (found.live.id, choose.choose(found.releases, "previous").to.id) == ("2", "1")


def test_only_the_hosts_that_differ_move(fp):
    found = read(fp, CASES[3]["hosts"])
    moves = found.moves("20261122090000")
    assert [(move.target.app, move.target.where, move.current.id) for move in moves] == [
        ("shop@web1", "web1:/srv/shop", "20261123090000")
    ]
    assert moves[0].target.places == ()
    assert found.target.places == ("web1:/srv/shop", "deploy@web2:2222:/srv/shop")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["path\t/srv/shop", "machine\tbox", "release\t\t1\t", "taken\t"], "current-not-a-link"),
        (["path\t/srv/shop", "machine\tbox", "release\t\t1\t"], "no-current"),
        (
            ["path\t/srv/shop", "machine\tbox", "release\t\t1\t", "link\t/elsewhere/releases/1"],
            "current-outside",
        ),
        (
            ["path\t/srv/shop", "machine\tbox", "release\t\t1\t", "link\treleases/1/public"],
            "current-outside",
        ),
        (
            [
                "path\t/srv/sh\x1b[31mop",
                "machine\tbox",
                "release\t\t1\t",
                "link\treleases/1",
                "live\t1",
            ],
            "bad-path",
        ),
    ],
)
def test_an_unusable_current_link_is_explained(lines, code, fp):
    reply(fp, "", lines)
    with pytest.raises(RollbackError) as raised:
        release_folders.targets(environment(), Shell("/"))
    assert (raised.value.code, raised.value.exit_code) == (code, 12)
    assert "\x1b" not in raised.value.message and raised.value.fix


@pytest.mark.parametrize(
    ("host", "stderr", "status", "code", "message"),
    [
        (
            "web1",
            "debug1: Connecting\nssh: connect to host web1 port 22: Connection refused\ndebug1: bye\n",
            255,
            "ssh-failed",
            "Connection refused",
        ),
        (
            "web1",
            "deploy@web1: Permission denied (publickey).\n",
            255,
            "ssh-failed",
            "Permission denied",
        ),
        (
            "web1",
            "Host key verification failed.\n",
            255,
            "ssh-failed",
            "Host key verification failed",
        ),
        (
            "web1",
            "sh: line 1: cd: /srv/shop: No such file or directory\n",
            66,
            "no-such-path",
            "No such file",
        ),
        ("", "sh: 1: cd: can't cd to /srv/shop\n", 66, "no-such-path", "can't cd"),
        ("", "", 2, "read-failed", "exit 2"),
    ],
)
def test_a_host_that_cannot_be_reached_is_exit_12(host, stderr, status, code, message, fp):
    reply(fp, host, [], stderr, status)
    with pytest.raises(RollbackError) as raised:
        release_folders.targets(environment((host,) if host else ()), Shell("/"))
    assert (raised.value.code, raised.value.exit_code) == (code, 12)
    assert message in raised.value.message


@pytest.mark.parametrize("host", ["-oProxyCommand=touch x", "web 1", "web1\n"])
def test_an_invalid_host_name_is_refused(host):
    with pytest.raises(RollbackError) as raised:
        release_folders.targets(environment((host,)), Shell("/"))
    assert (raised.value.code, raised.value.exit_code) == ("bad-host", 2)


def test_without_a_deploy_there_is_no_target(fp):
    reply(fp, "", ["path\t/srv/shop", "machine\tbox"])
    assert release_folders.targets(environment(), Shell("/")) == []
