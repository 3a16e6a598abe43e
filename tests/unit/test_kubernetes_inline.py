"""--no-inline-values: which text of a stored revision is the template's, and what lies in files and in the plan."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from cluster_moves import move
from msgspec.structs import replace

from rollback.model import Move
from rollback.platforms import kubernetes
from rollback.platforms._cluster.content import plain
from rollback.platforms.kubernetes import no_inline_values
from rollback.platforms.kubernetes.details import facts
from rollback.platforms.kubernetes.preflight import rights, workload
from rollback.platforms.kubernetes.preflight import stored as lookups
from rollback.platforms.kubernetes.stored_templates import cuts
from rollback.shell import Answer


def planned(name: str = "web", value: str = "hunter2") -> Move:
    """A move whose templates hold a value, as a cluster remembers them."""
    given = move(name, options=("no-cluster-lock", no_inline_values.OPTION))
    ends = []
    for release in (given.current, given.to):
        known = facts(release)
        content = known.revision.template
        text = f'{value} <&> "x" ' + release.id
        content["spec"]["containers"][0]["env"] = [{"name": "KEY", "value": text}]
        labels = {"pod-template-hash": "6b9f", **content["metadata"]["labels"]}
        held = replace(known.revision, stored={**content, "metadata": {"labels": labels}})
        ends.append(replace(release, facts=replace(known, revision=held)))
    live(given)["template"] = facts(ends[0]).revision.template
    return replace(given, current=ends[0], to=ends[1])


def live(given: Move) -> dict[str, Any]:
    """The spec of the live object."""
    return facts(given.current).workload.raw["spec"]  # type: ignore[no-any-return]


def wanted(given: Move) -> dict[str, Any]:
    """The template to roll back to."""
    return facts(given.to).revision.template


def stored(given: Move, **changes: Any) -> Move:
    """The same; the revision to roll back to is stored with other metadata, or other keys."""
    known = facts(given.to)
    held = replace(known.revision, stored={**known.revision.template, **changes})
    return replace(given, to=replace(given.to, facts=replace(known, revision=held)))


@pytest.mark.parametrize("labels", [{"a": "1", "zz": "2"}, {"a": "1"}, {"zz": "2"}])
def test_the_hash_label_is_cut_out_wherever_it_stands(labels: dict[str, str]) -> None:
    one = planned()
    wanted(one)["metadata"]["labels"] = labels
    found = stored(one, metadata={"labels": {**labels, "pod-template-hash": "6b9f"}})
    assert len(cuts(found, "execute") or ()) == 1


def test_a_controllers_mark_and_an_older_servers_spelling_are_cut_out_and_a_value_that_looks_like_them_stays() -> (
    None
):
    one = planned(value='"creationTimestamp":null,"$patch":"replace",')
    meta = wanted(one)["metadata"]
    meta["annotations"] = {"note": '"creationTimestamp":null,"$patch":"replace",'}
    found = stored(one, **{"$patch": "replace", "metadata": {**meta, "creationTimestamp": None}})
    assert cuts(found, "execute") == (
        '"$patch":"replace",',
        '"creationTimestamp":null,',
    )


def test_what_cannot_be_found_in_the_cluster_blocks_the_plan() -> None:
    one = planned()
    assert [found.code for found in lookups.findings([one])] == ["way-back-in-history"]
    odd = stored(one, spec={"containers": []})
    assert [(found.level, "revision 1" in found.message) for found in lookups.findings([odd])] == [
        ("blocker", True),
        ("warning", False),
    ]
    live(one)["template"] = plain({"spec": {"containers": []}})
    (blocker, _) = lookups.findings([one])
    assert (blocker.level, "could not be restored" in blocker.message) == ("blocker", True)
    assert list(lookups.findings([move()])) == []


def test_the_plan_says_when_a_script_could_not_read_what_the_cluster_remembers() -> None:
    rows = "deployments.apps [] [] [get list patch]\nreplicasets.apps [] [] [list]\n"
    (found,) = rights.findings([planned()], Answer((0, rows, "")))
    assert (found.code, found.message) == (
        "rbac",
        "not allowed in namespace shop: get replicasets.apps",
    )
    assert list(rights.findings([move()], Answer((0, rows, "")))) == []


@pytest.mark.parametrize("names", ["ab", "abcdef"])
def test_no_file_and_no_word_of_the_plan_holds_a_template(names: str) -> None:
    moves = [planned(name) for name in names]
    files = kubernetes.snapshot(moves, SimpleNamespace())  # type: ignore[arg-type]
    words = str([*kubernetes.steps(moves), *kubernetes.guards(moves)])
    for hidden in ("hunter2", "containers"):
        assert hidden not in words
        assert not [name for name, content in files.items() if hidden.encode() in content]
    assert not [found for given in moves for found in workload.findings(given)]
    stems = {name.partition(".")[0] for name in files if name.startswith(("templates.", "wave-"))}
    assert all(f"'state/app/{stem}'" in words for stem in stems)
    assert files["revisions.execute"].decode().splitlines() == [
        f"replicaset.apps/{name}-v1" for name in names
    ]
