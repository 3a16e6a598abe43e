"""The adapter on what a real cluster answered: history, choice, findings, change, proof and the look at health."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from kubernetes_recorded import CASES_FILE, Recorded, environment, lines

from rollback.flow import choose
from rollback.model import Move
from rollback.platforms import kubernetes

CASES: list[dict[str, Any]] = json.loads(CASES_FILE.read_text())


class Read:
    """A case as far as the flow would take it."""

    def __init__(self, root: Path, case: dict[str, Any]) -> None:
        self.shell, where = Recorded(root, case), environment(case["namespace"])
        (self.target,) = kubernetes.targets(where, self.shell)
        (self.releases,) = kubernetes.releases(where, [self.target], self.shell, 50)
        self.choice = choose.choose(self.releases, "previous")
        assert self.choice.to is not None
        self.moves: list[Move] = kubernetes.moves(
            self.target, choose.live(self.releases), self.choice.to
        )


@pytest.fixture(params=CASES, ids=[case["case"] for case in CASES])
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def read(case: dict[str, Any], tmp_path: Path) -> Read:
    return Read(tmp_path, case)


def test_the_history_the_choice_and_the_findings_are_those_of_the_recording(
    case: dict[str, Any], read: Read
) -> None:
    assert lines(read.releases) == case["releases"]
    assert read.choice.to is not None and read.choice.to.id == case["to"]
    assert (
        sorted({finding.code for finding in kubernetes.preflight(read.moves, read.shell)})
        == case["findings"]
    )
    assert [step.id for step in kubernetes.steps(read.moves)] == case["steps"]


def test_guards_and_proofs_compare_hashes_and_know_the_live_object(
    case: dict[str, Any], read: Read
) -> None:
    identity, live = kubernetes.guards(read.moves)
    assert identity.current == identity.to == (read.target.where.partition("/")[0],)
    plural = f"{read.target.details['kind']}s"
    (raw,) = next(
        json.loads(out)["items"]
        for asked, _, out, _ in case["answers"]
        if asked.endswith(f"/{plural}")
    )
    template = json.dumps(raw["spec"]["template"], sort_keys=True, separators=(",", ":"))
    printed = f"{live.salt}{raw['metadata']['uid']} {template}"
    assert live.current == (hashlib.sha256(printed.encode()).hexdigest(),) != live.to


def test_the_patch_leads_from_what_is_live_to_what_served(case: dict[str, Any], read: Read) -> None:
    files = kubernetes.snapshot(read.moves, read.shell)
    patches = [json.loads(text) for name, text in files.items() if name.endswith(".patch.json")]
    (there,) = patches
    images = [
        one["value"]["spec"]["containers"][0]["image"]
        for one in there
        if one["path"] == "/spec/template"
    ]
    versions = {row.split()[0]: row.split()[1] for row in case["releases"]}
    live = next(row.split()[0] for row in case["releases"] if " live " in row)
    assert images == [f"localhost/shop:{versions[live]}", f"localhost/shop:{versions[case['to']]}"]


def test_health_is_that_of_the_moment(case: dict[str, Any], read: Read) -> None:
    (look,) = kubernetes.checks(
        [Move(read.target, read.moves[0].current, read.moves[0].current)], read.shell
    )
    healthy = "rollback" in case["case"]
    assert (look.verdict == "healthy") is healthy, look
    assert look.detail
