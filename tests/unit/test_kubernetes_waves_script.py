"""Many workloads of a wave: each is patched under its own condition, over one proxy or by kubectl itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import wave_cluster
from cluster_moves import move
from scripted import World, world

from rollback.model import Component
from rollback.platforms import kubernetes
from rollback.platforms.kubernetes.details import after, before, of

__all__ = ["world"]
pytestmark = pytest.mark.programs
FUNCTIONS = Path(__file__).parents[2] / "templates" / "functions"
NAMES = ("a", "b", "c", "d", "e", "f")
PROGRAMS = ("awk", "sed", "cat", "mkdir", "mktemp", "sleep", "rm", "head", "bash")


class Wave:
    """A run folder, a cluster, and the functions of the script."""

    def __init__(self, root: Path, curl: bool) -> None:
        self.root, self.bin, self.temporary = root, root / "bin", root / "tmp"
        self.temporary.mkdir()
        self.bin.mkdir()
        for program in (*PROGRAMS, *(["curl"] if curl else [])):
            (self.bin / program).symlink_to(str(shutil.which(program)))
        kubectl = self.bin / "kubectl"
        words = f"'{sys.executable}' '{wave_cluster.__file__}' '{root}/cluster.json'"
        kubectl.write_text(f'#!/bin/bash\nexec {words} "$@"\n')
        kubectl.chmod(0o755)
        self.moves = [move(name) for name in NAMES]
        self.state = root / "state" / "app"
        self.state.mkdir(parents=True)
        files = kubernetes.snapshot(self.moves, SimpleNamespace())  # type: ignore[arg-type]
        for name, content in files.items():
            (self.state / name).write_bytes(content)
        live = {
            given.target.app: {"uid": of(given.target).uid, "template": before(given)}
            for given in self.moves
        }
        self.cluster(order=NAMES, live=live)

    def cluster(self, **changes: Any) -> dict[str, Any]:
        file = self.root / "cluster.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps({**known, **changes}))
        return {**known, **changes}

    def change(self, name: str, template: Any) -> None:
        live = self.cluster()["live"]
        live[name]["template"] = template
        self.cluster(live=live)

    def call(self, *words: str) -> tuple[int, str]:
        """Exit status and output of a function."""
        names = ("../runner", "_cluster", "kubernetes")
        sources = "".join(f". '{FUNCTIONS}/{name}.sh'\n" for name in names)
        values = f"KUBECTL={self.bin}/kubectl OUTPUT={self.root}/.output"
        script = f'set -euo pipefail\n{values}\n{sources}"$@"\n'
        done = subprocess.run(
            ["bash", "-c", script, "bash", *words],
            env={"PATH": str(self.bin), "TMPDIR": str(self.temporary), "HOME": str(self.root)},
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout

    def patch(self, which: str = "patch") -> tuple[int, str]:
        return self.call("patch_all", "test", "shop", "deployments", "state/app/wave-0", which)

    def proxy_is_left(self) -> bool:
        """Of the last patches: whoever reaches its socket acts as this user."""
        words = self.cluster()["proxy"]
        socket = next(word.partition("=")[2] for word in words if word.startswith("--unix-socket"))
        return Path(socket).parent.exists()

    def at(self) -> str:
        """Where each workload is: 2 before the rollback, 1 after it, 9 elsewhere."""
        ends = {_text(after(given)): "1" for given in self.moves}
        ends |= {_text(before(given)): "2" for given in self.moves}
        live = self.cluster()["live"]
        return "".join(ends.get(_text(live[name]["template"]), "9") for name in NAMES)


def _text(template: Any) -> str:
    return json.dumps(template, sort_keys=True)


@pytest.fixture(params=["curl", "kubectl"])
def wave(tmp_path: Path, request: pytest.FixtureRequest) -> Wave:
    return Wave(tmp_path, request.param == "curl")


def test_a_wave_goes_there_and_back(wave: Wave) -> None:
    assert (wave.patch(), wave.at()) == ((0, ""), "111111")
    assert (wave.patch("undo"), wave.at()) == ((0, ""), "222222")


def test_what_is_done_already_is_not_asked_for_again(wave: Wave) -> None:
    wave.change("c", after(wave.moves[2]))
    assert wave.patch() == (0, "")
    asked = wave.cluster()["asked"]
    assert sorted(word.split()[1] for word in asked) == ["a", "b", "d", "e", "f"]
    assert wave.patch() == (0, "") and wave.cluster()["asked"] == asked


def test_one_that_somebody_changed_is_refused_and_named_and_stops_no_other(wave: Wave) -> None:
    wave.change("b", {"spec": "of somebody else"})
    wave.cluster(refuse={"d": 'quota "small" is used up'})
    code, output = wave.patch()
    assert (code, wave.at()) == (1, "191211")
    refused, over_quota = sorted(output.splitlines())
    assert refused.startswith("deployment/b: ") and "the server rejected our request" in refused
    assert over_quota.startswith("deployment/d: ") and 'quota "small" is used up' in over_quota


def test_a_wave_of_which_nothing_was_taken_changed_nothing(wave: Wave) -> None:
    for name in NAMES:
        wave.change(name, {"spec": "of somebody else"})
    told = wave.root / ".output.unchanged"
    assert (wave.patch()[0], told.exists()) == (1, True)
    told.unlink()
    wave.cluster(refuse={"d": "forbidden, or made all the same"})
    assert (wave.patch()[0], told.exists()) == (1, False)


def test_one_that_is_gone_is_named(wave: Wave) -> None:
    live = wave.cluster()["live"]
    del live["e"]
    wave.cluster(live=live)
    code, output = wave.patch()
    assert (code, output.startswith("deployment/e: "), "not found" in output) == (1, True, True)


def test_one_proxy_patches_workloads_of_this_namespace_only_and_is_gone_afterwards(
    tmp_path: Path,
) -> None:
    wave = Wave(tmp_path, True)
    assert wave.patch() == (0, "")
    state = wave.cluster()
    assert {word.split()[0] for word in state["asked"]} == {"proxy"}
    paths = "^/apis/apps/v1/namespaces/shop/(deployments|statefulsets|daemonsets)/[^/]+$"
    assert f"--accept-paths={paths}" in state["proxy"]
    assert "--reject-methods=^(GET|HEAD|POST|PUT|DELETE|OPTIONS)$" in state["proxy"]
    assert list(wave.temporary.iterdir()) == []


def test_how_somebody_likes_their_curl_changes_nothing(tmp_path: Path) -> None:
    wave = Wave(tmp_path, True)
    (tmp_path / ".curlrc").write_text("head\n")
    assert (wave.patch(), wave.at()) == ((0, ""), "111111")


def test_a_proxy_that_does_not_start_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    wave = Wave(tmp_path, True)
    wave.cluster(broken=True)
    assert wave.patch() == (1, "error: no such context\n")
    assert (wave.at(), list(wave.temporary.iterdir())) == ("222222", [])


def test_the_guard_names_the_state_of_each_template(wave: Wave) -> None:
    wave.change("b", after(wave.moves[1]))
    wave.change("c", {"spec": "of somebody else"})
    live = wave.cluster()["live"]
    del live["d"]
    wave.cluster(live=live)
    (_, guard) = kubernetes.guards(wave.moves)
    code, output = wave.call(*guard.command.argv)
    same = ["as planned"] * 2
    expected = ["as planned", "rolled back", "another template", "", *same]
    assert (code, output.splitlines()) == (0, expected)
    assert {(line.source, line.goal) for line in guard.lines} == {("as planned", "rolled back")}


def test_the_rendered_script_takes_a_wave_there_and_back(world: World, tmp_path: Path) -> None:
    """With the guards, proofs and resume of runner.sh around it; no proxy is left behind."""
    (tmp_path / "wave").mkdir()
    wave = Wave(tmp_path / "wave", True)
    world.tool("kubectl", f'exec {wave.bin}/kubectl "$@"')
    component = Component(
        "app",
        "platforms/kubernetes",
        moves=tuple(wave.moves),
        guards=tuple(kubernetes.guards(wave.moves)),
        steps=tuple(kubernetes.steps(wave.moves)),
    )
    world.save(world.plan_of(component))
    shutil.copytree(wave.state, world.run / "state" / "app")
    wave.cluster(refuse={"d": "not now"})
    code, output = world.do()
    assert (code, wave.at(), "deployment/d: not now" in output) == (5, "111211", True), output
    assert not wave.proxy_is_left()
    wave.cluster(refuse={}, asked=[])
    code, output = world.do()
    assert (code, wave.at(), wave.cluster()["asked"]) == (0, "111111", ["proxy d"]), output
    code, output = world.do("restore")
    assert (code, wave.at()) == (0, "222222"), output
    assert not wave.proxy_is_left()
