"""Infrastructure that goes back with its release: shown, approved, applied once, read back."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.live.infrastructure.tofu_site import TofuSite

STAGE = {"id": "infrastructure", "adapter": "infrastructure/opentofu", "part": "infrastructure", "stage": 10}  # fmt: skip


def test_a_full_rollback_brings_the_infrastructure_of_the_older_release_back(site: TofuSite):
    plan = site.plan("--full")
    assert plan["verdict"] == "ready", plan
    rows = {row["address"]: (row["actions"], row["refused"]) for row in plan["infrastructure"]}
    assert rows == {"bed_file.app": (["update"], False), "bed_file.extra": (["delete"], False)}
    assert plan["components"][-1] == STAGE
    assert site.objects() == {"app": "v1.2.0", "extra": "v1.2.0"}  # a plan changes nothing
    done = site.execute(plan, check=11)
    assert done["outcome"] == "done"
    assert [row["state"] for row in done["targets"]] == ["rolled-back", "rolled-back"]
    assert site.objects() == {"app": "v1.1.0"}
    assert list(Path(plan["run"]).glob(".output*")) == []  # plans hold secrets
    again = site.plan("v1.1.0", "--full")
    assert again["verdict"] == "already" and "infrastructure-unchanged" in site.codes(again, "note")


@pytest.mark.optional
def test_terraform_that_wrote_the_state_is_the_one_that_is_used(tmp_path: Path):
    if not shutil.which("terraform"):
        pytest.skip("terraform is not on PATH")
    site = TofuSite(tmp_path, "terraform")
    for version, days in (("v1.1.0", 9), ("v1.2.0", 2)):
        site.link(site.release(version, days))
    site.settings(health=False, infrastructure={"directory": "infra"})
    plan = site.plan("--full")
    assert [row["tool"] for row in plan["infrastructure"]] == ["terraform"]
    assert site.execute(plan, check=11)["outcome"] == "done"
    assert site.objects() == {"app": "v1.1.0"}


def test_a_restore_leaves_infrastructure_to_a_plan_of_its_own(site: TofuSite):
    plan = site.plan("--full")
    site.execute(plan, check=11)
    back = site.restore(plan, check=5)
    states = {row["component"]: row["state"] for row in back["targets"]}
    assert states == {"app": "restored", "infrastructure": "unchanged"}
    assert "v1.2.0" in site.live() and site.objects() == {"app": "v1.1.0"}
    live = plan["moves"][0]["current"]["id"]
    assert f"plan.py staging {live} --full" in " ".join(back["open"])
    forward = site.plan(live, "--full")
    assert forward["verdict"] == "ready" and [step["part"] for step in forward["steps"]] == ["infrastructure"]  # fmt: skip
    assert site.execute(forward, check=11)["outcome"] == "done"
    assert site.objects() == {"app": "v1.2.0", "extra": "v1.2.0"}
    refused = site.restore(forward, check=6)
    assert refused["error"]["code"] == "no-way-back" and "--full" in refused["error"]["fix"]


def test_a_level_without_infrastructure_leaves_it_alone(site: TofuSite):
    plan = site.plan("--with-db")
    assert "infrastructure" not in plan
    site.execute(plan, check=11)
    assert site.objects() == {"app": "v1.2.0", "extra": "v1.2.0"}


def test_without_infrastructure_in_the_settings_full_is_with_db(site: TofuSite):
    site.settings(health=False)
    plan = site.plan("--full")
    assert plan["verdict"] == "ready" and len(plan["components"]) == 1
    assert "no-infrastructure" in site.codes(plan, "note")


def test_nothing_to_change_in_infrastructure_is_a_note(site: TofuSite):
    site.link(site.build("v1.2.1", 1))  # the same description
    plan = site.plan("--full")
    assert plan["verdict"] == "ready" and "infrastructure-unchanged" in site.codes(plan, "note")
    assert [step["part"] for step in plan["steps"]] == ["app", "app"]


def test_a_component_of_infrastructure_follows_what_it_comes_after(site: TofuSite):
    shop = {"name": "shop", "release-folders": {"path": str(site.files)}}
    cloud = {"name": "cloud", "after": ["shop"], "infrastructure": {"directory": "infra"}}
    environment = {"unattended": True, "protected": False, "components": [shop, cloud]}
    file = site.project / ".claude" / "deployment-rollback.yml"
    file.write_text(json.dumps({"environments": {"staging": environment}}))
    site.git("commit", "-qam", "components")
    plan = site.plan("--full")
    assert [row["id"] for row in plan["components"]] == ["shop", "cloud"]
    assert site.execute(plan, check=11)["outcome"] == "done"
    assert site.objects() == {"app": "v1.1.0"}
    shop["after"] = [cloud.pop("after") and "cloud"]  # what it needs has to be there first
    file.write_text(json.dumps({"environments": {"staging": environment}}))
    site.git("commit", "-qam", "infrastructure first")
    forward = site.plan("v1.2.0", "--full")
    assert [row["id"] for row in forward["components"]] == ["cloud", "shop"]
    assert "infrastructure-first" in site.codes(forward, "note")
    (site.real / "app.fail").touch()
    failed = site.execute(forward, check=5)
    states = {row["component"]: row["state"] for row in failed["targets"]}
    assert states == {"cloud": "failed", "shop": "unchanged"} and "v1.1.0" in site.live()
    (site.real / "app.fail").unlink()
    assert site.execute(site.next(failed), check=11)["outcome"] == "done"
    assert "v1.2.0" in site.live() and site.objects() == {"app": "v1.2.0", "extra": "v1.2.0"}


def test_values_from_files_and_variables_go_along_and_are_shown_nowhere(site: TofuSite):
    text = 'variable "password" { sensitive = true }\nvariable "token" { sensitive = true }\n'
    secret = site.file("app", "v1.3.0").replace("}", "  secret = var.password\n}")
    other = site.file("other", "o").replace("}", "  secret = var.token\n}")
    site.environment["TF_VAR_token"] = "token-from-a-variable"
    (site.infra / "secret.tfvars").write_text('password = "pa55-from-a-file"\n')
    (site.project / ".gitignore").write_text("*.tfvars\n")
    for version, days in (("v1.3.0", 1.5), ("v1.3.1", 1)):
        site.describe(text + secret + other.replace('"o"', f'"{version}"'))
        site.tool("apply", "-auto-approve", "-input=false", "-var-file=secret.tfvars")
        site.git("add", "infra/main.tf")
        site.git("commit", "-qm", version)
        site.link(site.build(version, days))
    site.settings(health=False, infrastructure={"directory": "infra", "variables": ["secret.tfvars"]})  # fmt: skip
    plan = site.plan("--full")
    site.environment["TF_VAR_token"] = "another-token"
    assert site.execute(plan, check=10)["error"]["code"] == "drifted"
    site.environment["TF_VAR_token"] = "token-from-a-variable"
    done = site.execute(plan, check=11)
    assert done["outcome"] == "done" and site.objects()["other"] == "v1.3.0"
    said = json.dumps([plan, done]) + site.texts(plan)
    assert "pa55-from-a-file" not in said and "token-from-a-variable" not in said


def test_looking_at_the_script_changes_nothing_and_leaves_nothing(site: TofuSite):
    plan = site.plan("--full")
    script, before = Path(plan["run"]) / "rollback.sh", site.serial()
    said = {word: _shown(site, script, word) for word in ("--dry-run", "--where", "--list")}
    assert "would run" in said["--dry-run"] and "tofu -chdir=TREE/infra apply" in said["--list"]
    assert "start\tinfrastructure.infrastructure.changes" in said["--where"]
    assert site.objects() == {"app": "v1.2.0", "extra": "v1.2.0"} and site.serial() == before
    assert list(script.parent.glob(".output*")) == []


def _shown(site: TofuSite, script: Path, word: str) -> str:
    words = ["bash", str(script), word]
    done = subprocess.run(words, env=site.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
