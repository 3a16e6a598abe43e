"""One decision, one apply: what failed or was killed half-way is never resumed under the old approval."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from tests.live.infrastructure.tofu_site import TofuSite
from tests.live.run_processes import kill_run


def left(site: TofuSite, plan: Any, facts: Any) -> Any:
    """The run is over, also for a person at the script; return the plan for what is left."""
    assert "staging" in facts["next"] and facts["next"].endswith("--full")
    assert site.execute(plan, check=6)["error"]["code"] == "run-over"
    rest = site.next(facts)
    assert rest["verdict"] == "ready" and [step["part"] for step in rest["steps"]] == ["infrastructure"]  # fmt: skip
    return rest


def test_an_apply_that_fails_half_way_ends_the_run_and_a_new_plan_completes_it(site: TofuSite):
    plan = site.plan("--full")
    (site.real / "app.fail").touch()
    done = site.execute(plan, check=5)
    assert done["outcome"] == "partial"
    states = {row["component"]: row["state"] for row in done["targets"]}
    assert states == {"app": "rolled-back", "infrastructure": "failed"}
    (site.real / "app.fail").unlink()
    assert site.objects() == {"app": "v1.2.0"}  # the other object is gone already
    rest = left(site, plan, done)
    assert [row["address"] for row in rest["infrastructure"]] == ["bed_file.app"]
    assert site.execute(rest, check=11)["outcome"] == "done"
    assert site.objects() == {"app": "v1.1.0"} and "v1.1.0" in site.live()


def test_the_application_can_be_restored_after_an_apply_that_failed(site: TofuSite):
    plan = site.plan("--full")
    (site.real / "app.fail").touch()
    site.execute(plan, check=5)
    site.restore(plan, check=5)
    assert "v1.2.0" in site.live()


def test_a_killed_apply_is_over_and_a_new_plan_completes_it(site: TofuSite):
    plan = site.plan("--full")
    (site.real / "app.slow").touch()
    process = site.start("execute", *site.approved(plan))
    while not any("apply" in line for line in site.journal(plan)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    while "extra" in site.objects():  # it has begun
        time.sleep(0.01)
    kill_run(process, plan["run"])
    _end_tool(plan["run"])
    (site.real / "app.slow").unlink()
    assert site.execute(plan, check=6)["error"]["code"] == "run-over"
    assert "v1.1.0" in site.live()
    rest = site.plan("v1.1.0", "--full")
    assert list(Path(plan["run"]).glob(".output.*/")) == []  # a new plan removes what it left
    assert site.execute(rest, check=11)["outcome"] == "done"
    assert site.objects() == {"app": "v1.1.0"}


def _end_tool(run: str) -> None:
    """The tool works in a folder of its own below the run folder."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd").startswith(run):
                os.kill(int(process.name), 9)
        except OSError:
            continue
    time.sleep(0.5)


def test_an_application_that_fails_first_is_resumed_with_its_infrastructure(site: TofuSite):
    plan = site.plan("--full")
    log = site.files / "revisions.log"
    log.chmod(0o400)
    os.rename(log, log.with_suffix(".away"))
    log.mkdir()  # nothing can be written there
    failed = site.execute(plan, check=5)
    assert "execute.py" in failed["next"] and site.objects()["app"] == "v1.2.0"
    log.rmdir()
    os.rename(log.with_suffix(".away"), log)
    log.chmod(0o600)
    assert site.execute(plan, check=11)["outcome"] == "done"
    assert site.objects() == {"app": "v1.1.0"}


def test_a_change_between_the_first_look_and_the_apply_is_not_applied_over(site: TofuSite):
    by_hand = ["sh", "-c", f"echo changed >{site.real}/app"]  # after the guards, before the apply
    site.settings(health=False, restart=by_hand, infrastructure={"directory": "infra"})
    plan = site.plan("--full")
    failed = site.execute(plan, check=5)
    assert "what would change is not what was approved" in site.texts(plan)
    assert site.objects() == {"app": "changed\n", "extra": "v1.2.0"}  # nothing was applied
    assert site.execute(left(site, plan, failed), check=11)["outcome"] == "done"
    assert site.objects() == {"app": "v1.1.0"}


def test_of_two_infrastructures_the_first_is_done_and_a_new_plan_has_only_the_second(
    site: TofuSite,
):
    main = (site.infra, site.state)
    dns = (site.project / "dns", site.state.with_name("dns.tfstate"))
    dns[0].mkdir()
    for version, days in (("v1.3.0", 1.5), ("v1.4.0", 1)):
        site.infra, site.state = dns
        site.describe(site.file("zone", version))
        site.tool("init", "-input=false")
        site.tool("apply", "-auto-approve", "-input=false")
        site.git("add", "dns/main.tf", "dns/.terraform.lock.hcl")
        site.infra, site.state = main
        site.link(site.release(version, days))
    parts = [
        {"name": "shop", "release-folders": {"path": str(site.files)}},
        {"name": "cloud", "infrastructure": {"directory": "infra"}},
        {"name": "dns", "infrastructure": {"directory": "dns"}},
    ]
    environment = {"unattended": True, "protected": False, "components": parts}
    file = site.project / ".claude" / "deployment-rollback.yml"
    file.write_text(json.dumps({"environments": {"staging": environment}}))
    site.git("commit", "-qam", "components")
    plan = site.plan("--full")
    assert [row["id"] for row in plan["components"]] == ["shop", "cloud", "dns"]
    (site.real / "zone.fail").touch()
    done = site.execute(plan, check=5)
    states = {row["component"]: row["state"] for row in done["targets"]}
    assert states == {"shop": "rolled-back", "cloud": "rolled-back", "dns": "failed"}
    (site.real / "zone.fail").unlink()
    rest = left(site, plan, done)
    assert [row["component"] for row in rest["infrastructure"]] == ["dns"]
    assert site.execute(rest, check=11)["outcome"] == "done"
    assert site.objects() == {"app": "v1.3.0", "zone": "v1.3.0"}
