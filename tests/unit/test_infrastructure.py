"""What is read of a plan of OpenTofu or Terraform, from documents that the real tools wrote, and what its words mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollback import infrastructure
from rollback.errors import Blocked, Usage
from rollback.infrastructure.opentofu import checkout, planning, problems, providers
from rollback.infrastructure.opentofu.checkout import Checkout, State, Tool
from rollback.infrastructure.opentofu.planning import Reading
from rollback.infrastructure_contracts import Asked, Planned
from rollback.model import InfrastructureChange
from rollback.settings.model import InfrastructureSettings

CASES = Path(__file__).parents[1] / "cases" / "infrastructure"
BOTH = pytest.mark.parametrize("tool", ["tofu", "terraform"])


def document(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text())
    return loaded


def asked(**settings: Any) -> Asked:
    return Asked("infrastructure", InfrastructureSettings(**settings), Path("/srv"), "c" * 40)


def rows(name: str, **settings: Any) -> dict[str, tuple[tuple[str, ...], bool]]:
    found = planning.changes(asked(**settings), "opentofu", document(name))
    return {row.address: (row.actions, row.refused) for row in found}


@BOTH
def test_what_holds_data_is_refused_and_the_rest_is_listed(tool: str) -> None:
    assert rows(f"{tool}-delete-and-replace") == {
        "bed_database.orders": (("delete",), True),
        "bed_file.app": (("update",), False),
        "bed_file.extra": (("delete", "create"), False),
        "outputs": (("update",), False),
    }


@BOTH
def test_a_replacement_of_a_type_of_the_settings_is_refused(tool: str) -> None:
    found = rows(f"{tool}-delete-and-replace", stateful=("bed_file",))
    assert found["bed_file.extra"] == (("delete", "create"), True)
    assert found["bed_file.app"] == (("update",), False)  # an update deletes nothing


@BOTH
def test_an_object_that_is_let_go_of_is_not_deleted(tool: str) -> None:
    (row,) = planning.changes(asked(), "opentofu", document(f"{tool}-forget"))
    assert (row.actions, row.refused) == (("forget",), False) and "not managed" in row.why


@BOTH
def test_drift_is_read_from_the_plan(tool: str) -> None:
    assert list(planning.drift(document(f"{tool}-drift"))) == [
        "bed_file.app (changed)",
        "bed_file.extra (deleted)",
    ]
    assert list(planning.drift(document(f"{tool}-forget"))) == []


def test_a_plan_that_creates_everything_is_of_another_state() -> None:
    tool = Tool("terraform", "/usr/bin/terraform", "1.11.4")
    known = Checkout(tool, Path("/srv"), ".", "default", State("lineage", 4), "")
    with pytest.raises(Blocked) as caught:
        planning._refuse_new(asked(), known, Reading(document("terraform-new"), ""))
    assert caught.value.code == "wrong-state"
    planning._refuse_new(
        asked(), known, Reading(document("terraform-drift"), "")
    )  # creates one of two


def test_the_fix_keeps_every_instance_of_what_would_be_deleted() -> None:
    row = InfrastructureChange(
        "i", "opentofu", 'module.db["a"].aws_db_instance.main[0]', ("delete",)
    )
    fix = providers.kept(row, Planned("opentofu", "", "", "", (), (), "", "", (), ()))
    assert "removed { from = module.db.aws_db_instance.main lifecycle { destroy = false } }" in fix


@pytest.mark.parametrize(("type", "stateful"), [
    ("aws_db_instance", True), ("aws_s3_bucket", True), ("aws_s3_bucket_policy", False), ("aws_route53_zone", True),
    ("aws_route_table", False), ("aws_instance", False), ("aws_kms_key", True), ("aws_sqs_queue", True),
    ("google_sql_database_instance", True), ("google_kms_key_ring", True), ("google_compute_instance", False),
    ("azurerm_key_vault", True), ("azurerm_mssql_database", True), ("azurerm_network_interface", False),
    ("random_password", True), ("acme_database", True), ("acme_file_system", True), ("acme_server", False),
    ("kubernetes_persistent_volume_claim", True), ("null_resource", False), ("terraform_data", False),
])  # fmt: skip
def test_types_that_hold_data_are_known_by_name(type: str, stateful: bool) -> None:
    assert providers.is_stateful(type, ()) is stateful
    assert providers.is_stateful(type, (type,))


@pytest.mark.parametrize(("words", "code"), [
    ("│ Error: Error acquiring the state lock\n│ ID: 1", "state-locked"),
    ("Error: Backend configuration changed\n\nA change in", "wrong-state"),
    ('╷\n│ Error: Backend initialization required, please run "tofu init"', "infrastructure-not-initialised"),
    ("Error: Provider dependency changes detected\n\nChanges were detected, but the lock\nfile is read-only.", "lock-file"),
    ("Error: No valid credential sources found\n\nPlease see", "infrastructure-credentials"),
    ("Error: Failed to resolve provider packages\n\nCould not", "providers-unreachable"),
    ("Error: Failed to query available provider packages\n", "providers-unreachable"),
    ("Error: Error accessing remote module registry\n", "providers-unreachable"),
    ("Error: Resource instance managed by newer provider version\n", "provider-older-than-state"),
    ("Error: Unsupported Terraform Core version\n", "tool-version"),
    ("Error: No value for required variable\n", "variable-missing"),
    ("Error: Instance cannot be destroyed\n", "stateful-replaced"),
    ("Error: something new\n", "infrastructure-unreadable"),
])  # fmt: skip
def test_the_tools_words_have_a_code_and_a_fix(words: str, code: str) -> None:
    error = problems.of(words, "opentofu plan in /srv")
    assert error.code == code and error.fix
    assert error.message.startswith("opentofu plan in /srv: ") and "│" not in error.message


def test_the_tools_words_show_no_value_of_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_VAR_password", "hunter22")
    assert "hunter22" not in problems.of("Error: Invalid: hunter22", "plan").message


@pytest.mark.parametrize("tool", [None, "terraform"])
def test_the_adapter_is_that_of_the_files_or_of_the_settings(
    tmp_path: Path, tool: str | None
) -> None:
    with pytest.raises(Usage) as caught:
        infrastructure.of(None, tmp_path)
    assert caught.value.code == "infrastructure-directory"
    (tmp_path / "main.tf").touch()
    assert infrastructure.of(tool, tmp_path)[0] == "opentofu"


def test_the_words_of_the_settings_have_a_program_each() -> None:
    known = dict(infrastructure.adapters)
    assert set(checkout.PROGRAMS) == set(known["opentofu"].TOOLS)
