"""Many workloads at once: partial results told one by one, and an order that stops at the first that does not come up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cluster import Namespace, shop, wait_for
from skill import Project

MANY = 120
REFUSED = ("many-007", "many-060", "many-119")
POLICY = "admissionregistration.k8s.io/v1"


@pytest.fixture
def refusal(space: Namespace) -> Iterator[str]:
    """A policy of the cluster that refuses changes of three workloads; removed again in any case."""
    names = ", ".join(f"'{name}'" for name in REFUSED)
    rules = [
        {
            "apiGroups": ["apps"],
            "apiVersions": ["v1"],
            "operations": ["UPDATE"],
            "resources": ["deployments"],
        }
    ]
    validations = [
        {
            "expression": f"!(object.metadata.name in [{names}])",
            "message": "frozen by the platform team",
        }
    ]
    spec = {"matchConstraints": {"resourceRules": rules}, "validations": validations}
    policy = {
        "apiVersion": POLICY,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": space.name},
        "spec": spec,
    }
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space.name}}}
    binding_spec = {"policyName": space.name, "validationActions": ["Deny"], "matchResources": here}
    binding = {
        "apiVersion": POLICY,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": space.name},
        "spec": binding_spec,
    }
    yield yaml_of(policy, binding)
    remove(space)


def yaml_of(*objects: object) -> str:
    import json

    return "\n".join(map(json.dumps, objects))


def remove(space: Namespace) -> None:
    for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
        space("delete", kind, space.name, "--ignore-not-found")


def images(space: Namespace) -> list[str]:
    return space(
        "get", "deployments", "-o", "jsonpath={.items[*].spec.template.spec.containers[0].image}"
    ).split()


def recorded(space: Namespace, revision: int) -> bool:
    """Every Deployment's controller has made its ReplicaSet."""
    found = space(
        "get",
        "deployments",
        "-o",
        r"jsonpath={.items[*].metadata.annotations.deployment\.kubernetes\.io/revision}",
    ).split()
    return found == [str(revision)] * MANY


def test_of_120_workloads_three_fail_alone_and_the_run_goes_on_where_it_was(
    space: Namespace, project: Project, refusal: str
) -> None:
    project.configure(
        namespace=space.name, workloads=[f"many-{number:03}" for number in range(MANY)]
    )
    space(
        "create",
        "-f",
        "-",
        stdin=yaml_of(*(shop(name=f"many-{number:03}", replicas=0) for number in range(MANY))),
    )
    wait_for(lambda: recorded(space, 1), "the first revisions", 180)
    space("set", "image", "deployment", "--all", "web=localhost/shop:v2")
    wait_for(lambda: recorded(space, 2), "the second revisions", 180)
    plan = project.plan()
    assert (plan["verdict"], len(plan["moves"])) == ("ready", MANY)
    space("apply", "-f", "-", stdin=refusal)
    frozen = ("annotate", "deployment", REFUSED[0], "a=b", "--dry-run=server")
    wait_for(lambda: not space(*frozen, check=False), "the policy to hold", 60)

    done = project.execute(plan)
    assert (done.exit, done["outcome"]) == (5, "partial")
    assert sorted(one["target"] for one in done["targets"] if one["state"] == "failed") == list(
        REFUSED
    )
    assert sum(one["state"] == "rolled-back" for one in done["targets"]) == MANY - len(REFUSED)
    assert (
        "frozen by the platform team" in (project.root / plan["run"] / "rollback.log").read_text()
    )
    assert images(space).count("localhost/shop:v2") == len(REFUSED)

    remove(space)
    wait_for(lambda: space(*frozen, check=False), "the policy to be gone", 60)
    again = project.execute(plan)
    assert again.exit == 11, "nothing runs in them, so nothing can be said of health"
    assert {one["state"] for one in again["targets"]} == {"rolled-back"}
    assert set(images(space)) == {"localhost/shop:v1"}


def test_waves_go_in_order_and_stop_at_the_first_that_does_not_come_up(
    space: Namespace, project: Project
) -> None:
    project.configure(namespace=space.name, selector="app")
    broken = {"nodeSelector": {"no": "such-node"}}
    for number in range(6):
        one = shop(
            name=f"part-{number}", replicas=1, progressDeadlineSeconds=8 if number == 3 else 60
        )
        one["metadata"]["annotations"] = {"argocd.argoproj.io/sync-wave": str(number // 2 - 1)}
        one["spec"]["template"]["spec"] |= broken if number == 3 else {}
        space.apply(one)
    wait_for(
        lambda: len(space("get", "replicasets", "-o", "name").split()) == 6, "the first revisions"
    )
    space(
        "patch",
        "deployment",
        "part-3",
        "--type=json",
        "-p",
        '[{"op": "remove", "path": "/spec/template/spec/nodeSelector"}]',
    )
    space("set", "image", "deployment", "--all", "web=localhost/shop:v2")
    for number in range(6):
        space.settled(f"deployment/part-{number}")
    plan = project.plan("1")
    steps = [step["id"] for step in plan["steps"] if ".wave-" in step["id"]]
    assert steps == ["app.wave-0", "app.wave-0.pods", "app.wave-1", "app.wave-1.pods", "app.wave-2"]

    done = project.execute(plan)
    assert done.exit == 5
    states = {one["target"]: one["state"] for one in done["targets"]}
    assert [states[f"part-{number}"] for number in range(6)] == ["rolled-back"] * 4 + [
        "unchanged"
    ] * 2
    assert (
        "not finished: deployment/part-3!"
        in (project.root / plan["run"] / "rollback.log").read_text()
    )
    assert [image.rpartition(":")[2] for image in images(space)] == ["v1"] * 4 + ["v2"] * 2

    back = project.restore(plan)
    assert (back.exit, back["outcome"]) == (0, "restored")
    assert set(images(space)) == {"localhost/shop:v2"}
