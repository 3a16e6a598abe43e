"""The rendered script against a helm that keeps its releases in files: found by content, compared, killed, taken back."""

from __future__ import annotations

import signal

import pytest
from helm_files import Shop
from helm_records import revision
from scripted import World, sh, wait_for, world

from rollback.model import Step

__all__ = ["world"]
pytestmark = pytest.mark.programs


def test_it_goes_back_and_forth(world: World) -> None:
    shop = Shop(world)
    assert world.do()[0] == 0 and shop.live == "deployed:a"
    assert world.do("restore")[0] == 0 and shop.live == "deployed:b"


def test_a_failed_release_that_was_brought_back_counts_as_what_was_there(world: World) -> None:
    """Helm calls it deployed then."""
    shop = Shop(world, "failed")
    assert world.do()[0] == 0
    assert world.do("restore")[0] == 0 and shop.live == "deployed:b"
    assert "end 3.1" in world.do("restore", None, "--where")[1]


@pytest.mark.parametrize(
    ("status", "content"),
    [("deployed", "c"), ("pending-upgrade", "c"), ("failed", "b"), ("pending-rollback", "a")],
)
def test_another_live_release_stops_everything(world: World, status: str, content: str) -> None:
    shop = Shop(world)
    shop.keep(13, status, content)
    code, said = world.do()
    assert (code, shop.there("done").exists()) == (10, False), said


@pytest.mark.parametrize(
    ("status", "content"),
    [
        ("deployed", "c"),
        ("pending-upgrade", "c"),
        ("pending-upgrade", "b"),
        ("pending-rollback", "a"),
    ],
)
def test_who_was_at_a_release_while_another_one_went_back_is_not_rolled_over(
    world: World, status: str, content: str
) -> None:
    """The guards look at all releases at the start; the last one may be reached much later."""
    meanwhile = sh(
        'printf "%s:%s\\n" "$1" "$2" >"$3"', status, content, str(world.root / "releases/13")
    )
    shop = Shop(world, before=[Step("api", "Roll api back", meanwhile, moves=())])
    code, said = world.do()
    assert (code, shop.live, shop.there("done").exists()) == (5, f"{status}:{content}", False), said
    assert f"release web is {status}, and not as the plan saw it" in said


def test_a_deploy_of_the_content_that_the_plan_saw_is_no_other_release(world: World) -> None:
    meanwhile = sh('printf "deployed:b\\n" >"$1"', str(world.root / "releases/13"))
    shop = Shop(world, before=[Step("api", "Roll api back", meanwhile, moves=())])
    assert world.do()[0] == 0 and shop.live == "deployed:a"


def test_the_revision_is_found_by_its_content_when_its_number_is_gone_or_another(
    world: World,
) -> None:
    shop = Shop(world)
    shop.keep(11, "superseded", "something else")
    shop.keep(10, "superseded", "a")
    assert world.do()[0] == 0 and shop.live == "deployed:a"
    assert shop.there("done").read_text().startswith("rollback web 10 ")


def test_content_that_nobody_holds_any_more_changes_nothing(world: World) -> None:
    shop = Shop(world)
    (shop.releases / "11").unlink()
    code, said = world.do()
    assert (code, shop.live) == (5, "deployed:b")
    assert "no revision of release web holds that content any more" in said


def test_what_helm_cannot_read_is_not_taken_for_another_release(world: World) -> None:
    shop = Shop(world)
    shop.there("down").touch()
    code, said = world.do()
    assert (code, "no connection" in said, shop.live) == (12, True, "deployed:b"), said
    assert "unreadable 3.1" in world.do("execute", None, "--where")[1]


def test_a_history_that_cannot_be_read_is_not_taken_for_an_empty_one(world: World) -> None:
    shop = Shop(world)
    shop.there("forgotten").touch()
    code, said = world.do()
    assert (code, "holds that content" in said) == (5, False), said


def test_helm_is_started_again_where_it_stops_on_what_it_did_not_own(world: World) -> None:
    shop = Shop(world)
    shop.there("stops-once").touch()
    assert world.do()[0] == 0 and shop.live == "deployed:a"


SECRET = '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}}'


@pytest.mark.parametrize(
    ("marks", "code"), [("<none> <none>", 5), ("web other", 5), ("other shop", 5), ("web shop", 0)]
)
def test_an_object_of_somebody_else_is_never_taken_over(
    world: World, marks: str, code: int
) -> None:
    """Helm stops on it once, and takes it over when it is started again."""
    shop = Shop(world, a=SECRET)
    shop.there("objects").write_text(f"Secret token {marks}\n")
    shop.there("stops-once").touch()
    ended, said = world.do()
    assert (ended, ("Secret/token" in said), shop.live) == (
        code,
        bool(code),
        "deployed:b" if code else f"deployed:{SECRET}",
    ), said


def test_objects_whose_owner_cannot_be_read_stop_it(world: World) -> None:
    shop = Shop(world, a=SECRET)
    assert (world.do()[0], shop.live) == (5, "deployed:b")


def test_what_helm_forgot_is_deleted_by_its_own_group(world: World) -> None:
    """Another group may have a kind of the same name."""
    ingress = (
        '{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"}}'
    )
    shop = Shop(world, b=ingress)
    shop.there("left").write_text("Ingress networking.k8s.io/v1 web\nService v1 old\n")
    code, said = world.do()
    assert (code, shop.live) == (0, "deployed:a"), said
    assert " delete Ingress.networking.k8s.io/web Service/old " in shop.there("deleted").read_text()


def test_any_other_failure_is_told_and_the_way_back_is_open(world: World) -> None:
    shop = Shop(world)
    shop.there("fails").touch()
    code, said = world.do()
    assert (code, shop.live) == (5, "failed:a")
    assert "timed out" in said
    shop.there("fails").unlink()
    assert world.do("restore")[0] == 0 and shop.live == "deployed:b"


@pytest.mark.parametrize("then", ["execute", "restore"])
def test_what_a_killed_run_left_half_done_is_gone_on_with(world: World, then: str) -> None:
    shop = Shop(world)
    shop.there("slow").touch()
    script = world.start()
    wait_for(lambda: shop.live == "pending-rollback:a")
    script.send_signal(signal.SIGTERM)
    assert script.wait(30) == 130
    shop.there("slow").unlink()
    code, said = world.do(then)
    assert (code, shop.live) == (0, "deployed:a" if then == "execute" else "deployed:b"), said


def test_a_rollback_that_a_hook_stopped_first_says_what_the_objects_are(world: World) -> None:
    """Revision 12 was on its way to `a`, its objects are those of `c`; the way back leads to them."""
    shop = Shop(world, "pending-rollback", were=revision(10, "c\n"))
    shop.keep(10, "superseded", "c")
    assert world.do()[0] == 0 and shop.live == "deployed:a"
    assert [line.split()[2] for line in shop.there("done").read_text().splitlines()] == ["10", "11"]
    assert world.do("restore")[0] == 0 and shop.live == "deployed:c"
