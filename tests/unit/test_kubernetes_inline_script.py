"""--no-inline-values: what the script does with a small cluster."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from scripted import World, world
from test_kubernetes_inline import planned

from rollback.model import Component
from rollback.platforms import kubernetes
from rollback.platforms.kubernetes.details import before, facts, of

__all__ = ["world"]
# `kubectl` of a cluster that is one JSON file: {"live": {name: [uid, template]}, "held": {name: template}}
API = r"""
import json, sys
words, file = sys.argv[6:], sys.argv[1]
world = json.load(open(file))
text = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
if words[1] == "deployment/b" or "wave-" in str(words):  # the look of the step itself
    world["live"].update(world.pop("then", {}))
if words[:2] == ["get", "namespace"]:
    print("uid-cluster")
elif words[:2] == ["get", "deployments"] or words[1].startswith("deployment/") and words[0] == "get" or words[:2] == ["get", "deployment"]:
    names = [words[1].split("/")[1]] if "/" in words[1] else [words[2]] if words[1] == "deployment" else sorted(world["live"])
    for name in names:
        print("%s %s" % (world["live"][name][0], text(world["live"][name][1])))
elif words[0] == "get" and words[-1] == "name":
    print("\n".join("replicaset.apps/" + name for name in world["held"]))
elif words[:2] == ["get", "replicasets"]:
    for name, template in world["held"].items():
        print("ReplicaSet/%s %s" % (name, text(template)))
elif words[0] == "get":
    print(text(world["held"][words[1].split("/")[1]]))
else:
    uid, seen, new = json.load(sys.stdin)[:3]
    held = world["live"][words[1].split("/")[1]]
    world.setdefault("asked", []).append(words[1])
    if [uid["value"], seen["value"]] != held or words[1] in world.get("refuse", []):
        sys.exit("The request is invalid: the server rejected our request due to an error in our request")
    world["live"][words[1].split("/")[1]] = [uid["value"], new["value"]]
json.dump(world, open(file, "w"))
"""


class Small(World):
    """A world whose kubectl is the small cluster."""

    def begin(self, names: str) -> None:
        self.moves = [planned(name) for name in names]
        held = {
            facts(release).revision.name: facts(release).revision.stored
            for given in self.moves
            for release in (given.current, given.to)
        }
        live = {
            of(given.target).name: [of(given.target).uid, before(given)] for given in self.moves
        }
        self.cluster(live=live, held=held)
        (self.root / "api.py").write_text(API)
        self.tool(
            "kubectl",
            f"exec flock '{self.root}/lock' '{sys.executable}' '{self.root}/api.py' '{self.root}/cluster.json' \"$@\"",
        )
        component = Component(
            "app",
            "platforms/kubernetes",
            moves=tuple(self.moves),
            guards=tuple(kubernetes.guards(self.moves)),
            steps=tuple(kubernetes.steps(self.moves)),
        )
        self.save(self.plan_of(component))
        state = self.run / "state" / "app"
        state.mkdir()
        files = kubernetes.snapshot(self.moves, SimpleNamespace())  # type: ignore[arg-type]
        for name, content in files.items():
            (state / name).write_bytes(content)

    def cluster(self, **changes: Any) -> dict[str, Any]:
        file = self.root / "cluster.json"
        now: dict[str, Any] = {**(json.loads(file.read_text()) if file.exists() else {}), **changes}
        file.write_text(json.dumps(now))
        return now

    def at(self) -> str:
        """The number of each workload's release."""
        return "".join(
            template["spec"]["containers"][0]["env"][0]["value"][-1]
            for _, template in self.cluster()["live"].values()
        )

    def told(self) -> list[str]:
        return [
            file.name
            for file in self.run.rglob("*")
            if file.is_file() and b"hunter2" in file.read_bytes()
        ]


@pytest.fixture
def small(world: World) -> Small:
    world.__class__ = Small
    assert isinstance(world, Small)
    return world


@pytest.mark.programs
@pytest.mark.parametrize("names", ["a", "abc", "abcdefghij"])
def test_the_script_goes_there_and_back(small: Small, names: str) -> None:
    small.begin(names)
    code, said = small.do()
    assert (code, small.at(), small.told()) == (0, "1" * len(names), []), said
    assert "already there" in small.do()[1]
    code, said = small.do("restore")
    assert (code, small.at(), small.told()) == (0, "2" * len(names), []), said
    assert "hunter2" not in said


@pytest.mark.programs
@pytest.mark.parametrize("names", ["abc", "abcdefghij"])
def test_one_that_is_refused_is_told_and_stops_no_other_and_the_next_start_asks_for_it_alone(
    small: Small, names: str
) -> None:
    small.begin(names)
    small.cluster(refuse=["deployment/b"])
    code, said = small.do()
    assert (code, small.at()) == (5, "1" + "2" + "1" * (len(names) - 2)), said
    small.cluster(refuse=[], asked=[])
    assert (small.do()[0], small.at(), small.cluster()["asked"]) == (
        0,
        "1" * len(names),
        ["deployment/b"],
    )
    assert "left alone" not in (small.run / "rollback.log").read_text()


@pytest.mark.programs
@pytest.mark.parametrize("names", ["abc", "abcdefghij"])
def test_one_that_moved_after_the_last_look_is_left_alone(small: Small, names: str) -> None:
    small.begin(names)
    uid, template = small.cluster()["live"]["b"]
    small.cluster(
        then={"b": [uid, {**template, "spec": {"containers": [{"env": [{"value": "x9"}]}]}}]}
    )
    code, said = small.do()
    assert (code, small.at(), "deployment/b" in small.cluster()["asked"]) == (
        5,
        "19" + "1" * (len(names) - 2),
        False,
    ), said


@pytest.mark.programs
@pytest.mark.parametrize("names", ["abc", "abcdefghij"])
def test_a_template_or_a_revision_that_the_plan_did_not_see_stops_everything(
    small: Small, names: str
) -> None:
    small.begin(names)
    was = small.cluster()
    odd = {**was["held"]["b-v1"], "spec": {"containers": [{"env": [{"value": "x9"}]}]}}
    small.cluster(live={**was["live"], "b": [was["live"]["b"][0], odd]})
    code, said = small.do()
    changed = "The pod templates of deployment/a, deployment/b, deployment/c" in said
    assert (code, changed, small.cluster().get("asked")) == (
        10,
        True,
        None,
    ), said
    small.cluster(
        live=was["live"], held={name: one for name, one in was["held"].items() if name != "b-v1"}
    )
    code, said = small.do()
    assert (code, "gone: replicaset.apps/b-v1" in said, small.cluster().get("asked")) == (
        10,
        True,
        None,
    ), said
    small.cluster(held={**was["held"], "b-v1": odd})
    code, said = small.do()
    assert (
        code,
        small.at()[1],
        "holds another template" in (small.run / "rollback.log").read_text(),
    ) == (5, "2", True), said
