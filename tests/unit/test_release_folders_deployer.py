"""Deployer logs a deploy when it starts: the contents and our own records show which ones finished."""

from __future__ import annotations

import pytest
from folders_recorded import Read, entry, holds, intended, read, story, tools  # noqa: F401

from rollback.flow import choose
from rollback.platforms import release_folders
from rollback.platforms.release_folders import uncertainty

NAMES = ("7", "8", "9", "10")
LINKS = (".env", "storage")
BUILT = ("vendor/autoload.php",)


def whole(name: str, *more: str) -> list[str]:
    return holds(name, "index.php", "vendor", *more, links=LINKS, built=BUILT)


def deployer(fp, rows: dict[str, list[str]], live: str = "10", log: bool = True, **records) -> Read:
    """Releases with these contents; every one in the log."""
    lines = tuple(map(intended, rows)) if log else ()
    more = tuple(row for found in rows.values() for row in found)
    return read(
        fp, story(*lines, live=live, folders=tuple(rows), log="deployer", more=more), **records
    )


def four(third: list[str]) -> dict[str, list[str]]:
    """7 and 8 served, 9 is what is asked about, 10 is live."""
    return {"7": whole("7"), "8": whole("8"), "9": third, "10": whole("10")}


def test_a_deploy_that_died_during_the_build_is_never_picked(fp):
    found = deployer(fp, four(holds("9", "index.php", "vendor", links=LINKS)))
    assert (found.named("9").skip, found.named("9").status, found.pick) == (
        "unfinished",
        "failed",
        "8",
    )
    assert (
        "lacks vendor/autoload.php, which the releases before and after it have"
        in found.named("9").skip_reason
    )
    assert release_folders.bare(found.releases) == "9"


def test_a_deploy_that_died_before_the_shared_links_is_unfinished(fp):
    found = deployer(fp, four(holds("9", "index.php", built=BUILT)))
    assert (found.named("9").skip, found.pick) == ("unfinished", "8")


def test_two_deploys_that_died_one_after_the_other_are_both_unfinished(fp):
    rows = {
        "7": whole("7"),
        "8": holds("8", "index.php"),
        "9": holds("9", "index.php"),
        "10": whole("10"),
    }
    found = deployer(fp, rows)
    assert [found.named(name).skip for name in ("8", "9")] == ["unfinished"] * 2
    assert found.pick == "7"


def test_an_empty_folder_is_unfinished(fp):
    hosts = story(
        *map(intended, NAMES),
        live="10",
        folders=NAMES,
        log="deployer",
        more=(*whole("7"), *whole("8"), *whole("10")),
    )
    hosts[""] = [
        line if not line.startswith("release\tREVISION,\t9") else "release\t\t9\t"
        for line in hosts[""]
    ]
    assert read(fp, hosts).named("9").skip_reason.startswith("it is empty")


def test_a_build_that_left_no_known_file_needs_confirmation(fp):
    rows = {**four(whole("9")), "8": whole("8", "dist/"), "10": whole("10", "dist/")}
    found = deployer(fp, rows)
    assert found.pick == "9?"
    assert "lacks dist/" in found.findings["finish-not-proven"]


def test_the_first_release_is_compared_with_the_next(fp):
    rows = {"9": holds("9", "index.php", links=LINKS), "10": whole("10")}
    assert deployer(fp, rows).pick == "9?"
    half = {"9": holds("9", "a"), "10": holds("10", "a", "b", "c")}
    assert deployer(fp, half).pick == "9?"


def test_the_first_release_need_not_have_every_link_of_the_next(fp):
    rows = {"9": holds("9", "a", "b", links=(".env",)), "10": holds("10", "a", "b", links=LINKS)}
    assert deployer(fp, rows).pick == "9"


@pytest.mark.parametrize(
    "row", [whole("10", "added.php"), [*whole("10"), "shared\t10\t./uploads", "entry\t10\tuploads"]]
)
def test_an_addition_in_the_live_release_does_not_make_others_incomplete(fp, row):
    assert deployer(fp, {**four(whole("9")), "10": row}).pick == "9"


def test_a_removed_folder_does_not_make_later_releases_incomplete(fp):
    rows = {**four(whole("9")), "7": whole("7", "old/"), "8": whole("8", "old/")}
    assert deployer(fp, rows).pick == "9"


def test_a_release_too_large_to_list_is_not_compared(fp):
    many = [f"file{at}" for at in range(700)]
    rows = {**four(whole("9")), "8": whole("8", *many), "10": whole("10", *many)}
    assert deployer(fp, rows).pick == "9"


def test_a_complete_looking_release_is_picked_with_a_warning(fp):
    found = deployer(fp, four(whole("9")))
    assert found.pick == "9"
    (finding,) = uncertainty.finish_not_proven(found.named("9"))
    assert (finding.level, finding.code) == ("warning", "finish-not-proven")
    assert list(uncertainty.finish_not_proven(found.live)) == []


def test_with_nothing_to_compare_a_pick_needs_confirmation(fp):
    hosts = story(*map(intended, NAMES), live="10", folders=NAMES, log="deployer")
    hosts[""] = [
        f"release\t\t{line.split(chr(9))[2]}\t" if line.startswith("release\t") else line
        for line in hosts[""]
    ]
    found = read(fp, hosts)
    assert found.pick == "9?"
    assert "nothing shows that it finished" in found.findings["finish-not-proven"]


@pytest.mark.parametrize("verdict", ["good", "failed", "rolled-back-from"])
def test_a_release_with_a_verdict_in_our_ledger_was_live(fp, verdict):
    found = deployer(fp, four(holds("9", "index.php")), ledger=(entry("9", verdict),))
    assert found.named("9").skip is None


def test_a_release_that_somebody_saw_live_was_live(fp):
    found = deployer(fp, four(holds("9", "index.php")), sightings=(entry("9", "seen"),))
    assert (found.pick, list(uncertainty.finish_not_proven(found.named("9")))) == ("9", [])


def test_deployers_own_mark_proves_that_a_release_was_live(fp):
    hosts = story(
        *map(intended, NAMES),
        live="10",
        folders=NAMES,
        log="deployer",
        more=(*whole("7"), *whole("8"), *whole("10")),
    )
    hosts[""] = [line.replace("REVISION,\t9", "BAD_RELEASE,REVISION,\t9") for line in hosts[""]]
    found = read(fp, hosts)
    assert (found.named("9").skip, found.named("9").status) == ("bad-mark", "rolled-back-from")


def test_a_folder_that_deployer_never_logged_needs_confirmation(fp):
    lines = tuple(map(intended, ("7", "8", "10")))
    found = read(fp, story(*lines, live="10", folders=NAMES, log="deployer"))
    assert found.pick == "9?"


def test_an_unfinished_release_does_not_end_the_service_of_another(fp):
    found = deployer(fp, four(holds("9", "index.php")))
    assert found.named("8").served_seconds == 2 * 86400
    assert found.named("9").served_seconds is None


def test_naming_an_unfinished_release_is_blocked(fp):
    found = deployer(fp, four(holds("9", "index.php")))
    assert [(one.level, one.code) for one in choose.choose(found.releases, "9").findings] == [
        ("blocker", "unfinished")
    ]


def test_folders_without_a_log_are_compared_too(fp):
    rows = {**four(holds("9", "index.php")), "7": whole("7")}
    found = deployer(fp, rows, log=False)
    assert (found.named("9").skip, found.pick) == ("unfinished", "8")
