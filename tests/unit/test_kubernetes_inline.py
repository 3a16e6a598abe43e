"""--no-inline-values: which text of a stored revision is the template's, what lies in files, and what the script does with a small cluster."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from scripted import World, world
from test_kubernetes_proof import PLACE, move

from rollback.model import Move
from rollback.platforms import kubernetes
from rollback.platforms.kubernetes import checkpoint, from_history, holders
from rollback.platforms.kubernetes.content import plain
from rollback.platforms.kubernetes.preflight import permission, remembered, state
from rollback.shell import Answer

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


def planned(name: str = "web", value: str = "hunter2", hash_label: str = "6b9f") -> Move:
    """A move whose templates hold a value, as a cluster remembers them."""
    one = move(name)
    found = []
    for release in (one.current, one.to):
        revision = release.facts["revision"]
        revision.template["spec"]["containers"][0]["env"] = [
            {"name": "KEY", "value": f'{value} <&> "x" ' + release.id}
        ]
        labels = {"pod-template-hash": hash_label, **revision.template["metadata"]["labels"]}
        stored = {**revision.template, "metadata": {"labels": labels}}
        found.append(
            replace(release, facts={**release.facts, "revision": replace(revision, stored=stored)})
        )
    one.current.facts["workload"].raw["spec"]["template"] = found[0].facts["revision"].template
    options = {**one.target.details, "options": ["no-cluster-lock", from_history.OPTION]}
    return Move(replace(one.target, details=options), *found)


def stored(one: Move, **changes: Any) -> Move:
    """The same; the revision to go to is stored with other metadata, or other keys."""
    revision = one.to.facts["revision"]
    return replace(
        one,
        to=replace(
            one.to,
            facts={
                **one.to.facts,
                "revision": replace(revision, stored={**revision.template, **changes}),
            },
        ),
    )


@pytest.mark.parametrize("labels", [{"a": "1", "zz": "2"}, {"a": "1"}, {"zz": "2"}])
def test_the_hash_label_is_cut_out_wherever_it_stands(labels: dict[str, str]) -> None:
    one = planned()
    one.to.facts["revision"].template["metadata"]["labels"] = labels
    found = stored(one, metadata={"labels": {**labels, "pod-template-hash": "6b9f"}})
    assert len(holders.cuts(found, holders.EXECUTE) or ()) == 1


def test_a_controllers_mark_and_an_older_servers_spelling_are_cut_out_and_a_value_that_looks_like_them_stays() -> (
    None
):
    one = planned(value='"creationTimestamp":null,"$patch":"replace",')
    meta = one.to.facts["revision"].template["metadata"]
    meta["annotations"] = {"note": '"creationTimestamp":null,"$patch":"replace",'}
    found = stored(one, **{"$patch": "replace", "metadata": {**meta, "creationTimestamp": None}})
    assert holders.cuts(found, holders.EXECUTE) == (
        '"$patch":"replace",',
        '"creationTimestamp":null,',
    )


def test_what_cannot_be_found_in_the_cluster_blocks_the_plan() -> None:
    one = planned()
    assert [found.code for found in remembered.findings([one])] == ["way-back-in-history"]
    odd = stored(one, spec={"containers": []})
    assert [
        (found.level, "revision 1" in found.message) for found in remembered.findings([odd])
    ] == [("blocker", True), ("warning", False)]
    one.current.facts["workload"].raw["spec"]["template"] = plain({"spec": {"containers": []}})
    (blocker, _) = remembered.findings([one])
    assert (blocker.level, "no way back" in blocker.message) == ("blocker", True)
    assert list(remembered.findings([move()])) == []


def test_the_plan_says_when_a_script_could_not_read_what_the_cluster_remembers() -> None:
    rows = "deployments.apps [] [] [get list patch]\nreplicasets.apps [] [] [list]\n"
    (found,) = permission.findings([planned()], Answer((0, rows, "")))
    assert (found.code, found.message) == (
        "rbac",
        "not allowed in namespace shop: get replicasets.apps",
    )
    assert list(permission.findings([move()], Answer((0, rows, "")))) == []


@pytest.mark.parametrize("names", ["ab", "abcdef"])
def test_no_file_and_no_word_of_the_plan_holds_a_template(names: str) -> None:
    moves = [planned(name) for name in names]
    files = checkpoint.snapshot(moves, SimpleNamespace())  # type: ignore[arg-type]
    words = str([*kubernetes.steps(moves), *kubernetes.guards(moves)])
    assert "hunter2" not in str(files) + words and "containers" not in str(files) + words
    assert not [
        found for one in moves for found in state.findings(one) if found.code == "inline-values"
    ]
    assert all(
        f"'state/{name.partition('.')[0]}'" in words
        for name in files
        if name.startswith(("all.", "wave-"))
    )
    assert files["revisions.execute"].splitlines() == [
        f"replicaset.apps/{name}-v1" for name in names
    ]


class Small(World):
    """A world whose kubectl is the small cluster."""

    def begin(self, names: str) -> None:
        self.moves = [planned(name) for name in names]
        held = {
            one.facts["revision"].name: one.facts["revision"].stored
            for each in self.moves
            for one in (each.current, each.to)
        }
        live = {
            each.target.details["name"]: [
                each.target.details["uid"],
                holders.goal(each, "restore")[1],
            ]
            for each in self.moves
        }
        self.cluster(live=live, held=held)
        (self.root / "api.py").write_text(API)
        self.tool(
            "kubectl",
            f"exec flock '{self.root}/lock' '{sys.executable}' '{self.root}/api.py' '{self.root}/cluster.json' \"$@\"",
        )
        files = checkpoint.snapshot(self.moves, SimpleNamespace())  # type: ignore[arg-type]
        plan = self.plan(
            steps=kubernetes.steps(self.moves),
            platform="kubernetes",
            guards=tuple(kubernetes.guards(self.moves)),
        )
        self.save(replace(plan, moves=tuple(self.moves)), **files)

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
    assert isinstance(world, Small) and PLACE["context"] == "test"
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
    assert (code, "templates is not what the plan saw" in said, small.cluster().get("asked")) == (
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
