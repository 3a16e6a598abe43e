"""Who edits a workload of a Helm release between plan and execute is not overwritten unseen."""

from __future__ import annotations

import signal

import pytest
from helm_files import Shop
from scripted import World, wait_for, world

__all__ = ["world"]
pytestmark = pytest.mark.programs

TEMPLATE = 'shop/Deployment/web {"spec":{"containers":[{"image":"web:2"}]}}'


@pytest.mark.parametrize(
    ("there", "code"),
    [(f"{TEMPLATE}\n{TEMPLATE}\n", 0), (TEMPLATE.replace("web:2", "web:3"), 10), ("", 10)],
    ids=["as planned", "edited", "deleted"],
)
def test_a_pod_template_that_was_changed_by_hand_since_the_plan_stops_it(
    world: World, there: str, code: int
) -> None:
    shop = Shop(world, templates={"shop/deployment.apps/web": TEMPLATE})
    shop.there("templates").write_text(there)
    ended, said = world.do()
    assert (ended, shop.live) == (code, "deployed:b" if code else "deployed:a"), said
    assert ("the pod template of a workload was changed" in said) is bool(code)


def test_pod_templates_are_of_no_account_once_it_is_there_and_on_the_way_back(world: World) -> None:
    shop = Shop(world, templates={"shop/deployment.apps/web": TEMPLATE})
    shop.there("templates").write_text(TEMPLATE)
    assert world.do()[0] == 0
    shop.there("templates").write_text("what the target has")
    assert world.do()[0] == 0 and "end 3.1" in world.do("execute", None, "--where")[1]
    assert world.do("restore")[0] == 0 and shop.live == "deployed:b"


def test_a_killed_run_goes_on_over_templates_that_it_has_changed_itself(world: World) -> None:
    """It frees a stuck release: killed in the middle it leaves one that looks just as stuck as before."""
    shop = Shop(world, "pending-rollback", b="a", templates={"shop/deployment.apps/web": TEMPLATE})
    shop.there("templates").write_text(TEMPLATE)
    shop.there("slow").touch()
    script = world.start()
    wait_for(lambda: (shop.releases / "13").exists())
    script.send_signal(signal.SIGTERM)
    assert script.wait(30) == 130
    shop.there("templates").write_text("half done")
    shop.there("slow").unlink()
    assert world.do()[0] == 0 and shop.live == "deployed:a"


def test_templates_that_cannot_be_read_are_not_taken_for_changed_ones(world: World) -> None:
    shop = Shop(world, templates={"shop/deployment.apps/web": TEMPLATE})
    shop.there("refused").touch()
    assert (world.do()[0], shop.live) == (12, "deployed:b")
