"""What keeps infrastructure as it is: nothing is changed, and a code says why."""

from __future__ import annotations

import fcntl
import json
import shutil
from pathlib import Path

from tests.live.infrastructure.tofu_site import TofuSite


def blocked(site: TofuSite, code: str, *words: str) -> str:
    """Plan, which is blocked by this alone; return message and fix. Nothing has changed."""
    before, serial = site.objects(), site.serial()
    plan = site.plan("--full", *words, check=6)
    assert site.codes(plan) == [code], plan["findings"]
    assert (site.objects(), site.serial()) == (before, serial)
    row = next(row for row in plan["findings"] if row["code"] == code)
    return f"{row['message']} FIX {row['fix']}"


def test_what_holds_data_is_never_deleted(site: TofuSite):
    site.add(site.file("orders", "rows", "database"))
    said = blocked(site, "stateful-replaced")
    assert "delete bed_database.orders" in said
    assert "removed { from = bed_database.orders lifecycle { destroy = false } }" in said


def test_types_of_the_settings_are_never_replaced(site: TofuSite):
    site.add(site.file("extra", "v1.2.0").replace("/extra", "/moved"))
    site.settings(health=False, infrastructure={"directory": "infra", "stateful": ["bed_file"]})
    assert "replace bed_file.extra" in blocked(site, "stateful-replaced")


def test_a_change_of_the_real_objects_after_the_plan_stops_everything(site: TofuSite):
    plan = site.plan("--full")
    (site.real / "app").write_text("changed by hand")
    assert site.execute(plan, check=10)["error"]["code"] == "drifted"
    assert "v1.2.0" in site.live() and site.objects()["app"] == "changed by hand"
    seen = site.plan("--full")
    assert "drift-in-infrastructure" in site.codes(seen, "warning")


def test_another_apply_after_the_plan_stops_everything(site: TofuSite):
    plan = site.plan("--full")
    site.tool("taint", "bed_file.app")
    site.tool("untaint", "bed_file.app")  # the same would change, in another state
    assert site.execute(plan, check=10)["error"]["code"] == "drifted"
    assert "v1.2.0" in site.live() and site.objects()["app"] == "v1.2.0"


def test_a_release_that_kept_its_state_elsewhere_is_refused(site: TofuSite):
    state = site.state
    site.state = state.with_name("elsewhere.tfstate")
    site.describe(site.file("app", "v1.3.0"))
    site.git("commit", "-qam", "another backend")
    site.link(site.build("v1.3.0", 1))
    site.state = state
    site.describe(site.file("app", "v1.4.0"))
    site.git("commit", "-qam", "the backend again")
    site.link(site.build("v1.4.0", 0.5))
    assert "Backend configuration changed" in blocked(site, "wrong-state")


def test_a_state_file_of_the_checkout_is_not_the_releases(site: TofuSite):
    for version, days in (("v1.3.0", 1.5), ("v1.4.0", 1)):
        (site.infra / "main.tf").write_text(site.file("local", version).join(_LOCAL))
        shutil.rmtree(site.infra / ".terraform", ignore_errors=True)
        site.tool("init", "-input=false")
        site.tool("apply", "-auto-approve", "-input=false")
        site.git("add", "infra/main.tf")
        site.git("commit", "-qm", version)
        site.link(site.build(version, days))
    assert "finds another state" in blocked(site, "wrong-state")


_LOCAL = ('terraform {\n  required_providers { bed = { source = "example.test/local/bed" } }\n}\n', "")  # fmt: skip


def test_the_workspace_has_to_be_named_where_there_are_several(site: TofuSite):
    site.tool("workspace", "new", "staging")
    assert "default, staging" in blocked(site, "which-workspace")
    site.settings(health=False, infrastructure={"directory": "infra", "workspace": "nope"})
    assert "no workspace nope" in blocked(site, "wrong-state")
    site.settings(health=False, infrastructure={"directory": "infra", "workspace": "staging"})
    blocked(site, "wrong-state")  # an empty one: everything would be created
    site.settings(health=False, infrastructure={"directory": "infra", "workspace": "default"})
    assert site.execute(site.plan("--full"), check=11)["outcome"] == "done"


def test_a_state_that_somebody_holds_stops_everything(site: TofuSite):
    plan = site.plan("--full")
    with site.state.open("r+") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        process = site.start("execute", *site.approved(plan))
        said, talk = process.communicate(timeout=60)
    assert process.returncode == 9, said
    assert json.loads(said)["error"]["code"] == "locked" and "acquiring the state lock" in talk
    assert "v1.2.0" in site.live() and site.objects()["app"] == "v1.2.0"
    assert site.execute(plan, check=11)["outcome"] == "done"


def test_a_checkout_that_is_not_initialised_says_so(site: TofuSite):
    shutil.rmtree(site.infra / ".terraform")
    assert "run init" in blocked(site, "infrastructure-not-initialised")


def test_a_registry_that_cannot_be_reached_says_so(site: TofuSite, tmp_path: Path):
    (tmp_path / "empty.rc").write_text("")
    site.environment["TF_CLI_CONFIG_FILE"] = str(tmp_path / "empty.rc")
    assert "example.test/local/bed" in blocked(site, "providers-unreachable")


def test_a_missing_program_says_so(site: TofuSite):
    site.environment["PATH"] = "/usr/bin:/bin"
    assert "tofu and terraform are not on PATH" in blocked(site, "tool-missing")


def test_a_state_of_a_newer_tool_is_refused(site: TofuSite):
    text = site.state.read_text().replace('"terraform_version": "1.', '"terraform_version": "9.')
    site.state.write_text(text)
    site.settings(health=False, infrastructure={"directory": "infra", "tool": "opentofu"})
    assert "written by version 9." in blocked(site, "tool-older-than-state")


def test_a_release_without_a_lock_file_is_refused(site: TofuSite):
    site.git("rm", "-q", "--cached", "infra/.terraform.lock.hcl")
    site.git("commit", "-qm", "no lock file")
    site.link(site.build("v1.3.0", 1))
    site.link(site.build("v1.4.0", 0.5))
    assert ".terraform.lock.hcl" in blocked(site, "lock-file")


def test_a_release_without_the_folder_is_refused(site: TofuSite):
    site.git("mv", "infra/main.tf", "main.tf")
    shutil.copytree(site.infra, site.project / "cloud", symlinks=True)
    shutil.move(site.project / "main.tf", site.project / "cloud" / "main.tf")
    site.git("add", "cloud/main.tf")
    site.git("commit", "-qam", "moved")
    site.link(site.build("v1.3.0", 1))
    site.settings(health=False, infrastructure={"directory": "cloud"})
    assert "has no folder cloud" in blocked(site, "infrastructure-directory")


def test_a_release_whose_commit_is_unknown_is_refused(site: TofuSite):
    plan = site.plan()
    older = site.files / "releases" / plan["moves"][0]["to"]["id"] / "REVISION"
    older.write_text("f" * 40 + "\n")
    log = site.files / "revisions.log"
    log.write_text(log.read_text().replace(plan["moves"][0]["to"]["commit"][:7], "f" * 7))
    assert "is not known here" in blocked(site, "infrastructure-ref")
