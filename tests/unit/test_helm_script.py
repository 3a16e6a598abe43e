"""The rendered script against a helm that keeps its releases in files: found by content, compared, killed, undone."""

from __future__ import annotations

import signal

import pytest
from helm_files import Shop, place
from helm_records import revision
from scripted import World, sh, wait_for, world

from rollback.model import Step

__all__ = ["world"]
pytestmark = pytest.mark.programs


def test_rollback_and_restore(world: World) -> None:
    shop = Shop(world)
    assert world.do()[0] == 0 and shop.live == "deployed:a"
    assert world.do("restore")[0] == 0 and shop.live == "deployed:b"


def test_restored_failed_release_counts_as_the_source(world: World) -> None:
    """Helm calls it deployed then."""
    shop = Shop(world, "failed")
    assert world.do()[0] == 0
    assert world.do("restore")[0] == 0 and shop.live == "deployed:b"
    assert place(world, "restore") == "end"


@pytest.mark.parametrize(
    ("status", "content"),
    [("deployed", "c"), ("pending-upgrade", "c"), ("failed", "b"), ("pending-rollback", "a")],
)
def test_another_live_release_stops_the_run(world: World, status: str, content: str) -> None:
    shop = Shop(world)
    shop.keep(13, status, content)
    code, said = world.do()
    assert (code, shop.file("done").exists()) == (10, False), said


@pytest.mark.parametrize(
    ("status", "content"),
    [
        ("deployed", "c"),
        ("pending-upgrade", "c"),
        ("pending-upgrade", "b"),
        ("pending-rollback", "a"),
    ],
)
def test_deploy_during_the_run_is_not_overwritten(world: World, status: str, content: str) -> None:
    """The guards look at all releases at the start; the last one may be reached much later."""
    meanwhile = sh(
        'printf "%s:%s\\n" "$1" "$2" >"$3"', status, content, str(world.root / "releases/13")
    )
    shop = Shop(world, before=[Step("app.api", "Roll api back", meanwhile)])
    code, said = world.do()
    assert (code, shop.live, shop.file("done").exists()) == (5, f"{status}:{content}", False), said
    assert f"release web is {status}: someone changed it" in said


@pytest.mark.parametrize("when", ["overtake", "busy"])
def test_deploy_between_guard_and_rollback_is_drift(world: World, when: str) -> None:
    """Before Helm is asked, or while it is: it refuses a second operation as a whole."""
    shop = Shop(world)
    shop.file(when).write_text("pending-upgrade:c\n")
    code, said = world.do()
    assert (code, shop.live, shop.file("done").exists()) == (10, "pending-upgrade:c", False), said
    assert "nothing was changed by this start" in said


def test_deploy_of_the_planned_content_during_the_run_changes_nothing(world: World) -> None:
    meanwhile = sh('printf "deployed:b\\n" >"$1"', str(world.root / "releases/13"))
    shop = Shop(world, before=[Step("app.api", "Roll api back", meanwhile)])
    assert world.do()[0] == 0 and shop.live == "deployed:a"


def test_revision_is_found_by_content_when_its_number_changed(
    world: World,
) -> None:
    shop = Shop(world)
    shop.keep(11, "superseded", "something else")
    shop.keep(10, "superseded", "a")
    assert world.do()[0] == 0 and shop.live == "deployed:a"
    assert shop.file("done").read_text().startswith("rollback web 10 ")


def test_content_that_is_gone_changes_nothing(world: World) -> None:
    shop = Shop(world)
    (shop.releases / "11").unlink()
    code, said = world.do()
    assert (code, shop.live) == (5, "deployed:b")
    assert "no revision of release web has that content any more" in said


def test_unreadable_release_is_not_taken_for_another_one(world: World) -> None:
    shop = Shop(world)
    shop.file("down").touch()
    code, said = world.do()
    assert (code, "no connection" in said, shop.live) == (12, True, "deployed:b"), said
    assert place(world, "execute") == "unreadable"


def test_unreadable_history_is_not_taken_for_an_empty_one(world: World) -> None:
    shop = Shop(world)
    shop.file("forgotten").touch()
    code, said = world.do()
    assert (code, "has that content" in said) == (5, False), said


def test_helm_is_started_again_after_it_stopped_on_an_object_it_did_not_own(world: World) -> None:
    shop = Shop(world)
    shop.file("stops-once").touch()
    assert world.do()[0] == 0 and shop.live == "deployed:a"


SECRET = '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}}'


@pytest.mark.parametrize(
    ("marks", "code"), [("<none> <none>", 5), ("web other", 5), ("other shop", 5), ("web shop", 0)]
)
def test_foreign_object_is_never_adopted(world: World, marks: str, code: int) -> None:
    """Helm stops on it once, and adopts it when it is started again."""
    shop = Shop(world, a=SECRET)
    shop.file("objects").write_text(f"Secret token {marks}\n")
    shop.file("stops-once").touch()
    ended, said = world.do()
    assert (ended, ("Secret/token" in said), shop.live) == (
        code,
        bool(code),
        "deployed:b" if code else f"deployed:{SECRET}",
    ), said


def test_object_whose_owner_cannot_be_read_stops_the_step(world: World) -> None:
    shop = Shop(world, a=SECRET)
    assert (world.do()[0], shop.live) == (5, "deployed:b")


def test_what_helm_forgot_is_deleted_with_its_group(world: World) -> None:
    """Another group may have a kind of the same name."""
    ingress = (
        '{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"}}'
    )
    shop = Shop(world, b=ingress)
    shop.file("left").write_text("Ingress networking.k8s.io/v1 web\nService v1 old\n")
    code, said = world.do()
    assert (code, shop.live) == (0, "deployed:a"), said
    assert " delete Ingress.networking.k8s.io/web Service/old " in shop.file("deleted").read_text()


def test_failure_is_shown_and_can_be_restored(world: World) -> None:
    shop = Shop(world)
    shop.file("fails").touch()
    code, said = world.do()
    assert (code, shop.live) == (5, "failed:a")
    assert "timed out" in said
    shop.file("fails").unlink()
    assert world.do("restore")[0] == 0 and shop.live == "deployed:b"


@pytest.mark.parametrize("then", ["execute", "restore"])
def test_killed_run_is_resumed_or_restored(world: World, then: str) -> None:
    shop = Shop(world)
    shop.file("slow").touch()
    script = world.start()
    wait_for(lambda: shop.live == "pending-rollback:a")
    script.send_signal(signal.SIGTERM)
    assert script.wait(30) == 130
    shop.file("slow").unlink()
    code, said = world.do(then)
    assert (code, shop.live) == (0, "deployed:a" if then == "execute" else "deployed:b"), said


def test_rollback_stopped_by_a_hook_first_returns_to_the_applied_revision(world: World) -> None:
    """Revision 12 was on its way to `a`, its objects are those of `c`; the undo leads to them."""
    shop = Shop(world, "pending-rollback", applied=revision(10, "c\n"))
    shop.keep(10, "superseded", "c")
    assert world.do()[0] == 0 and shop.live == "deployed:a"
    assert [line.split()[2] for line in shop.file("done").read_text().splitlines()] == ["10", "11"]
    assert world.do("restore")[0] == 0 and shop.live == "deployed:c"


def test_helm_is_not_started_where_it_could_not_read_the_live_manifest(world: World) -> None:
    """It would stop in pending-rollback, and so would the way back."""
    shop = Shop(world)
    shop.file("kind-gone").touch()
    code, said = world.do()
    assert (code, shop.live) == (5, "deployed:b")
    assert 'release web was left alone: no matches for kind "Cart" in version "shop/v1"' in said


def with_pods(world: World, rollouts: str) -> Shop:
    """Kubernetes prints this about the pods of the target."""
    shop = Shop(world, a=PODS)
    shop.file("objects").touch()
    shop.file("rollouts").write_text(rollouts)
    return shop


PODS = '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {}}'


def test_pods_are_waited_for_after_helm_and_not_by_helm(world: World) -> None:
    shop = with_pods(world, "..")
    code, said = world.do()
    assert (code, shop.live) == (0, f"deployed:{PODS}"), said
    assert "--wait" not in shop.file("done").read_text()
    assert world.do("restore")[0] == 0 and shop.live == "deployed:b"


def test_a_rollout_that_was_given_up_fails_the_step_and_a_resumed_run_waits_again(
    world: World,
) -> None:
    shop = with_pods(world, " deployment/web!  deployment/web! ")
    code, said = world.do()
    assert (code, "not finished: deployment/web!" in said) == (5, True), said
    shop.file("rollouts").write_text("..")
    assert world.do()[0] == 0
    assert len(shop.file("done").read_text().splitlines()) == 1, "Helm is not started again"
