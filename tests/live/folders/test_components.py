"""Two components in one environment: one question, one digest, in order, restored in reverse, killed and resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from folders_site import Site, kill_at

from tests.unit.person import at_terminal

STEPS = ["site.site.switch", "site.site.restart", "site.site.mark",
         "admin.admin.switch", "admin.admin.restart", "admin.admin.mark"]  # fmt: skip
UNDOS = ["admin.admin.switch", "admin.admin.mark", "admin.admin.restart",
         "site.site.switch", "site.site.mark", "site.site.restart"]  # fmt: skip
LINES = (0, 1, 3, 5, 6, 7, 9, 11)  # of the journal: a start and a done for each step
GOOD, BAD, NEW = (200, "v1.1.0"), (500, "v1.2.0"), (200, "v1.2.0")


class Stack:
    """A site and its admin, each with two good releases and a live one; admin goes after site."""

    def __init__(self, root: Path, broken: bool) -> None:
        self.site = Site(root, root / "srv" / "site")
        self.admin = Site(root, root / "srv" / "admin")
        for part in self.parts:
            part.build("v1.0.0", 20)
            part.build("v1.1.0", 9)
            part.link(part.build("v1.2.0", 2, broken=broken))
            part.serve()
        self._settings()

    @property
    def parts(self) -> tuple[Site, Site]:
        return self.site, self.admin

    def _settings(self) -> None:
        components = [_component("site", self.site), _component("admin", self.admin, "site")]
        every = {"protected": False, "unattended": True, "settle": 1}
        environment = {**every, "components": components}
        file = self.site.project / ".claude" / "deployment-rollback.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"environments": {"staging": environment}}))
        self.site.git("add", ".claude")
        self.site.git("commit", "-q", "-m", "settings")

    def plan(self) -> Any:
        return self.site.plan()

    def answers(self) -> list[tuple[int, str]]:
        return [part.answer() for part in self.parts]

    def live(self) -> list[str]:
        return [part.current() for part in self.parts]

    def logs(self) -> list[list[str]]:
        return [part.log() for part in self.parts]

    def break_restart(self, part: Site, plan: Any) -> None:
        """The restart fails in the release that this part rolls back to."""
        goal = dict(zip(self.parts, goals(plan), strict=True))[part]
        restart = part.files / "releases" / goal / "restart"
        restart.write_text("echo no such pool >&2; exit 3\n")


def _component(name: str, part: Site, *after: str) -> dict[str, Any]:
    url = f"http://127.0.0.1:{part.port}/health"
    restart = ["sh", "./restart", str(part.files / "server.pid"), str(part.port)]
    return {
        "name": name,
        "after": list(after),
        "release-folders": {"path": str(part.files), "restart": restart},
        "health": [{"url": url, "version_key": "version", "timeout": 10, "attempts": 1}],
    }


def steps(site: Site, plan: Any, script: str, event: str = "done") -> list[str]:
    """The ids of the steps that a script has done, in order."""
    rows = [json.loads(line) for line in site.journal(plan)]
    return [row["step"] for row in rows if (row.get("script"), row.get("event")) == (script, event)]


def goals(plan: Any) -> list[str]:
    return [move["to"]["id"] for move in plan["moves"]]


def sources(plan: Any) -> list[str]:
    return [move["current"]["id"] for move in plan["moves"]]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """What is live answers 500."""
    yield from stacked(tmp_path, broken=True)


@pytest.fixture
def good_stack(tmp_path: Path) -> Iterator[Stack]:
    """What is live is well: a restore does not wait for it in vain."""
    yield from stacked(tmp_path, broken=False)


def stacked(root: Path, broken: bool) -> Iterator[Stack]:
    made = Stack(root, broken)
    yield made
    for part in made.parts:
        part.stop()


def test_one_plan_rolls_both_components_back_in_order_and_restores_them_in_reverse(stack: Stack):
    plan = stack.plan()
    components = [(one["id"], one["adapter"], one["stage"]) for one in plan["components"]]
    assert components == [
        ("site", "platforms/release-folders", 0),
        ("admin", "platforms/release-folders", 1),
    ]
    assert [move["target"]["component"] for move in plan["moves"]] == ["site", "admin"]
    assert [one.name for one in sorted((Path(plan["run"]) / "state").iterdir())] == [
        "admin",
        "site",
    ]
    done = stack.site.execute(plan)
    results = [(row["component"], row["state"], row["now"]) for row in done["targets"]]
    assert results == [
        ("site", "rolled-back", goals(plan)[0]),
        ("admin", "rolled-back", goals(plan)[1]),
    ]
    assert done["health"]["verdict"] == "healthy" and stack.answers() == [GOOD, GOOD]
    assert steps(stack.site, plan, "rollback.sh") == STEPS
    back = stack.site.restore(plan, check=7)
    assert [(row["component"], row["state"]) for row in back["targets"]] == [
        ("site", "restored"),
        ("admin", "restored"),
    ]
    assert steps(stack.site, plan, "restore.sh") == UNDOS
    assert (stack.live(), stack.answers()) == (sources(plan), [BAD, BAD])


def test_one_question_covers_both_components(stack: Stack):
    plan = stack.plan()
    script = str(Path(plan["run"]) / "rollback.sh")
    status, screen = at_terminal(["bash", script], stack.site.environment, "yes")
    assert status == 0, screen
    assert screen.count("Type yes to roll back staging: ") == 1
    before_answer = screen.partition("Type yes")[0]
    assert all(release in before_answer for release in (*sources(plan), *goals(plan)))
    assert stack.live() == goals(plan)


def test_a_changed_state_file_of_either_component_breaks_the_one_digest(stack: Stack):
    plan = stack.plan()
    (file,) = (Path(plan["run"]) / "state" / "admin").iterdir()
    file.chmod(0o600)
    file.write_bytes(file.read_bytes() + b" ")
    stack.site.execute(plan, check=4)
    assert stack.live() == sources(plan) and stack.site.journal(plan) == []


def test_drift_in_the_later_component_stops_both(stack: Stack):
    plan = stack.plan()
    stack.admin.link(stack.admin.build("v1.3.0", 1))
    assert stack.site.execute(plan, check=10)["error"]["code"] == "drifted"
    assert stack.site.current() == sources(plan)[0] and stack.site.journal(plan) == []


def test_after_a_failure_in_the_first_component_the_second_is_not_started(stack: Stack):
    stack.break_restart(stack.site, stack.plan())
    plan = stack.plan()
    failed = stack.site.execute(plan, check=5)
    results = [(row["component"], row["state"], row["now"]) for row in failed["targets"]]
    assert results == [("site", "failed", goals(plan)[0]), ("admin", "unchanged", sources(plan)[1])]
    assert steps(stack.site, plan, "rollback.sh", "start") == STEPS[:2]
    assert (stack.admin.answer(), stack.admin.log()) == (BAD, [])
    stack.site.restore(plan, check=7)
    assert stack.live() == sources(plan)
    assert not [step for step in steps(stack.site, plan, "restore.sh") if step.startswith("admin.")]


def test_a_failure_in_the_second_component_is_a_partial_result(stack: Stack):
    stack.break_restart(stack.admin, stack.plan())
    plan = stack.plan()
    done = stack.site.execute(plan, check=5)
    states = [(row["component"], row["state"]) for row in done["targets"]]
    assert (done["outcome"], states) == ("partial", [("site", "rolled-back"), ("admin", "failed")])
    assert stack.site.answer() == GOOD
    stack.site.restore(plan, check=7)
    assert (stack.live(), stack.answers()) == (sources(plan), [BAD, BAD])


@pytest.mark.parametrize("lines", LINES)
def test_a_killed_rollback_and_a_killed_restore_of_two_components_resume(
    good_stack: Stack, lines: int
):
    stack, plan = good_stack, good_stack.plan()
    kill_at(stack.site, "execute", plan, lines)
    done = stack.site.execute(plan, check=None)
    assert done["exit"] == 0, done
    assert (stack.live(), stack.answers()) == (goals(plan), [GOOD, GOOD])
    assert stack.logs() == [[release] for release in goals(plan)]
    kill_at(stack.site, "restore", plan, lines)
    done = stack.site.restore(plan, check=None)
    assert done["exit"] == 0, done
    assert (stack.live(), stack.answers()) == (sources(plan), [NEW, NEW])
    assert stack.logs() == [list(pair) for pair in zip(goals(plan), sources(plan), strict=True)]


@pytest.mark.parametrize("lines", [3, 7, 9])
def test_a_killed_rollback_of_two_components_can_be_restored(good_stack: Stack, lines: int):
    stack, plan = good_stack, good_stack.plan()
    if kill_at(stack.site, "execute", plan, lines) < 2 * len(STEPS):  # else it was over already
        assert stack.site.plan(check=6)["findings"][0]["code"] == "unfinished-run"
    assert stack.site.restore(plan, check=None)["outcome"] == "restored"
    assert (stack.live(), stack.answers()) == (sources(plan), [NEW, NEW])
