"""Between two waves: what counts as settled, whatever a rollout before has left behind; and the way back, which waits for nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, Namespace, shop, wait_for
from skill import Project

from rollback.model import Move, Release, Target
from rollback.platforms.kubernetes import waves
from rollback.platforms.kubernetes.details import Details

NAMES = ("part-0", "part-1")


def in_wave(wave: int, name: str) -> dict[str, Any]:
    made = shop(name=name, replicas=1, strategy={"type": "Recreate"})
    made["metadata"]["annotations"] = {"argocd.argoproj.io/sync-wave": str(wave)}
    return made


def given_up(space: Namespace, name: str) -> bool:
    conditions = space.read(f"deployment/{name}").get("status", {}).get("conditions", ())
    return any((one["type"], one["status"]) == ("Progressing", "False") for one in conditions)


def patience(space: Namespace, seconds: int) -> None:
    space(
        "patch",
        "deployments",
        *NAMES,
        "-p",
        json.dumps({"spec": {"progressDeadlineSeconds": seconds}}),
    )


def test_from_a_release_that_never_came_up_to_the_good_one_and_back_to_what_was_left(
    space: Namespace, project: Project
) -> None:
    project.configure(namespace=space.name, selector="app")
    space.apply(*(in_wave(wave, name) for wave, name in enumerate(NAMES)))
    for name in NAMES:
        space.settled(f"deployment/{name}")
    patience(space, 1)
    for name in NAMES:
        space("set", "image", f"deployment/{name}", "web=localhost/shop:nobody-has-it")
        wait_for(lambda name=name: given_up(space, name), f"{name} to be given up", 120)  # type: ignore[misc]
    patience(space, 600)
    plan = project.plan("1")
    assert [step["id"] for step in plan["steps"]] == [
        "app.part-0.switch",
        "app.wave-0.pods",
        "app.part-1.switch",
    ]
    assert "not taken back" not in (project.root / plan["run"] / "restore.sh").read_text()
    done = project.execute(plan)
    assert done.exit == 0, (
        f"what is said of the rollout before is no verdict on this one: {done.text}"
    )
    back = project.restore(plan)
    assert (back["outcome"], {one["state"] for one in back["targets"]}) == (
        "restored",
        {"restored"},
    ), back.text
    assert {space.image(f"deployment/{name}") for name in NAMES} == {"nobody-has-it"}


def move(kind: str, name: str, uid: str, wave: int) -> Move:
    details = Details(context="", namespace="shop", kind=kind, name=name, uid=uid, wave=wave)
    target = Target("s", "app", "kubernetes", "web", "w", False, details=details)
    return Move(target, Release("2"), Release("1"), f"app.web-{wave}")


def says(cluster: Cluster, file: Path, one: dict[str, Any]) -> str:
    """What the gate after a wave of this one workload would say of it, by kubectl's own template engine."""
    kind, meta = one["kind"].lower(), one["metadata"]
    moves = [move(kind, meta["name"], meta["uid"], wave) for wave in range(2)]
    text = waves.gates(moves)["wave-0.rollouts"].decode()
    file.write_text(text.replace("{{range .items}}", "{{with .}}"))
    return cluster.kubectl(
        "create",
        "--dry-run=client",
        "--validate=false",
        "-f",
        "-",
        f"--output=go-template-file={file}",
        stdin=json.dumps(one),
    )


def seen(
    kind: str,
    generation: int = 2,
    strategy: dict[str, Any] | None = None,
    conditions: Any = (),
    **counts: int,
) -> dict[str, Any]:
    """Of three replicas as the server tells of them; what is none it leaves out."""
    made = shop(kind, replicas=3, **({"updateStrategy": strategy} if strategy else {}))
    made["metadata"] |= {"uid": "uid-web", "generation": 2}
    return {
        **made,
        "status": {"observedGeneration": generation, "conditions": list(conditions), **counts},
    }


def rolling(partition: int) -> dict[str, Any]:
    return {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}


FAILED = [{"type": "Progressing", "status": "False"}]
ON_DELETE = {"type": "OnDelete"}
AVAILABLE = {"replicas": 3, "availableReplicas": 3}
NODES = {"desiredNumberScheduled": 3, "numberAvailable": 3}


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (seen("StatefulSet", strategy=rolling(0), **AVAILABLE), "statefulset/web"),
        (
            seen("StatefulSet", strategy=rolling(0), updatedReplicas=2, **AVAILABLE),
            "statefulset/web",
        ),
        (seen("StatefulSet", strategy=rolling(0), updatedReplicas=3, **AVAILABLE), "."),
        (
            seen("StatefulSet", 1, strategy=rolling(0), updatedReplicas=3, **AVAILABLE),
            "statefulset/web",
        ),
        (
            seen("StatefulSet", strategy=rolling(1), updatedReplicas=1, **AVAILABLE),
            "statefulset/web",
        ),
        (seen("StatefulSet", strategy=rolling(1), updatedReplicas=2, **AVAILABLE), "."),
        (seen("StatefulSet", strategy=rolling(5), **AVAILABLE), "."),
        (seen("StatefulSet", strategy=ON_DELETE, **AVAILABLE), "statefulset/web"),
        (seen("StatefulSet", strategy=ON_DELETE, updatedReplicas=3, **AVAILABLE), "."),
        (seen("DaemonSet", strategy=ON_DELETE, **NODES), "daemonset/web"),
        (seen("DaemonSet", strategy=ON_DELETE, updatedNumberScheduled=3, **NODES), "."),
        (
            seen(
                "DaemonSet", strategy={"type": "RollingUpdate"}, updatedNumberScheduled=2, **NODES
            ),
            "daemonset/web",
        ),
        (
            seen(
                "DaemonSet", strategy={"type": "RollingUpdate"}, updatedNumberScheduled=3, **NODES
            ),
            ".",
        ),
        (seen("Deployment", updatedReplicas=3, **AVAILABLE), "."),
        (seen("Deployment", updatedReplicas=1, conditions=FAILED, **AVAILABLE), "deployment/web!"),
        (
            seen("Deployment", 1, updatedReplicas=3, conditions=FAILED, **AVAILABLE),
            "deployment/web",
        ),
    ],
)
def test_settled_is_what_serves_the_new_template_as_far_as_anybody_will_replace_pods(
    cluster: Cluster, tmp_path: Path, one: dict[str, Any], said: str
) -> None:
    assert says(cluster, tmp_path / "gate", one).strip() == said
