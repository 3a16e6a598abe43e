"""Edits of the workloads of a Helm release between plan and execute are not overwritten unseen."""

from __future__ import annotations

import signal

import pytest
from helm_files import Shop, place
from scripted import World, wait_for, world

__all__ = ["world"]
pytestmark = pytest.mark.programs

TEMPLATE = 'shop/Deployment/web {"spec":{"containers":[{"image":"web:2"}]}}'


@pytest.mark.parametrize(
    ("there", "code"),
    [(f"{TEMPLATE}\n{TEMPLATE}\n", 0), (TEMPLATE.replace("web:2", "web:3"), 10), ("", 10)],
    ids=["as planned", "edited", "deleted"],
)
def test_pod_template_edited_since_the_plan_stops_the_run(
    world: World, there: str, code: int
) -> None:
    shop = Shop(world, templates={"shop/deployment.apps/web": TEMPLATE})
    shop.file("templates").write_text(there)
    ended, said = world.do()
    assert (ended, shop.live) == (code, "deployed:b" if code else "deployed:a"), said
    assert ("the pod template of a workload was changed" in said) is bool(code)


def test_pod_templates_do_not_count_after_the_rollback_or_in_a_restore(world: World) -> None:
    shop = Shop(world, templates={"shop/deployment.apps/web": TEMPLATE})
    shop.file("templates").write_text(TEMPLATE)
    assert world.do()[0] == 0
    shop.file("templates").write_text("what the target has")
    assert world.do()[0] == 0 and place(world) == "end"
    assert world.do("restore")[0] == 0 and shop.live == "deployed:b"


def test_killed_run_resumes_over_templates_it_changed_itself(world: World) -> None:
    """It frees a stuck release: killed in the middle it leaves one that looks just as stuck as before."""
    shop = Shop(world, "pending-rollback", b="a", templates={"shop/deployment.apps/web": TEMPLATE})
    shop.file("templates").write_text(TEMPLATE)
    shop.file("slow").touch()
    script = world.start()
    wait_for(lambda: (shop.releases / "13").exists())
    script.send_signal(signal.SIGTERM)
    assert script.wait(30) == 130
    shop.file("templates").write_text("half done")
    shop.file("slow").unlink()
    assert world.do()[0] == 0 and shop.live == "deployed:a"


def test_unreadable_templates_are_not_taken_for_edited_ones(world: World) -> None:
    shop = Shop(world, templates={"shop/deployment.apps/web": TEMPLATE})
    shop.file("refused").touch()
    assert (world.do()[0], shop.live) == (12, "deployed:b")
