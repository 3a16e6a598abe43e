"""Django reverses its own migrations in pods of the release that is left."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cluster import Namespace, shop, wait_for
from helm_shop import Helm
from skill import Project
from test_database import HOST, psql, release, server

sys.path.insert(0, str(Path(__file__).parents[1] / "databases"))

from django_shop import CHANNEL, LEGACY, MANAGE, MIGRATION, ORDERS, SETTINGS

from tests.parts import MIGRATION_TOOLS as BED

PASSWORD = "s3cret"
URL = f"postgres://shop:{PASSWORD}@db/shop"
TOOL = "web-rollback-tool"
# a release whose files have one named `crash` ends as soon as it has started
SERVE = "[ ! -e /app/crash ] || exit 1; exec /bin/busybox httpd -f -p 8080 -h /www"


class DjangoShop:
    """Each version's pods have the project's files of that version, from a folder of the node."""

    def __init__(self, project: Project, space: Namespace, files: Path) -> None:
        self.project, self.space, self.files = project, space, files
        self.apply: Callable[[str], None] = lambda version: space.apply(self.workload(version))
        self.facts: dict[str, Any] = {}

    def address(self) -> str:
        return self.space("get", "pod", "db-0", "-o", "jsonpath={.status.podIP}")

    def put(self, path: str, text: str) -> None:
        file = self.project.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def migration(self, name: str, operations: str, after: str = "") -> None:
        text = MIGRATION.format(operations=operations, after=after, code="")
        self.put(f"shop/migrations/{name}.py", text)

    def deploy(self, version: str, good: bool = True) -> None:
        release(self.project, version)
        ignored = shutil.ignore_patterns(".*", "k8s")
        shutil.copytree(self.project.root, self.files / version, ignore=ignored)
        self.apply(version)
        self.space.settled("deployment/web") if good else self.space.begun(version)
        name = self.space("get", "pods", "-l", "app=web", "-o", "name", check=False).split()
        assert name
        self.migrate(version)

    def migrate(self, version: str) -> None:
        """By a pod of this version, as a deploy would."""
        wanted = f"localhost/shop:{version}"
        path = "jsonpath={range .items[?(@.status.phase=='Running')]}{.metadata.name} {.spec.containers[0].image}{'\\n'}{end}"

        def pod() -> str:
            rows = self.space("get", "pods", "-l", "app=web", "-o", path).splitlines()
            return next((row.split()[0] for row in rows if row.endswith(wanted)), "")

        wait_for(pod, f"a running pod of {version}", 120)
        self.space("exec", pod(), "--", "python3", "manage.py", "migrate", "--no-input")

    def workload(self, version: str) -> dict[str, Any]:
        python = Path(os.path.realpath(BED / "python/bin/python3")).parents[1]
        places = [*HOST, str(python), str(BED / "python")]
        volumes = [
            {"name": f"host{n}", "hostPath": {"path": path}} for n, path in enumerate(places)
        ]
        mounts = [
            {"name": f"host{n}", "mountPath": path, "readOnly": True}
            for n, path in enumerate(places)
        ]
        volumes.append({"name": "app", "hostPath": {"path": str(self.files / version)}})
        mounts.append({"name": "app", "mountPath": "/app"})
        container = {
            "command": ["/bin/sh", "-c", SERVE],
            "workingDir": "/app",
            "volumeMounts": mounts,
            "env": [
                {"name": "PATH", "value": f"{BED}/python/bin:/usr/bin:/bin"},
                {"name": "SHOP_URL", "value": URL},
                {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"},
            ],
        }
        made = shop(image=version, replicas=1, container=container)
        spec = made["spec"]["template"]["spec"]
        spec["volumes"] = volumes
        spec["hostAliases"] = [{"ip": self.address(), "hostnames": ["db"]}]  # the bed has no DNS
        return made

    def crash(self, version: str) -> None:
        """From now on no container of this version runs for longer than a moment."""
        (self.files / version / "crash").touch()
        image = f"localhost/shop:{version}"
        for pod in self.space.read("pods")["items"]:
            if pod["spec"]["containers"][0]["image"] == image:
                self.space("delete", "pod", pod["metadata"]["name"], "--now")
        path = "jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}"
        seen = ("get", "pods", "-o", path)
        wait_for(lambda: "CrashLoopBackOff" in self.space(*seen), "a crash loop", 120)

    def columns(self) -> set[str]:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'shop_order'"
        return set(psql(self.space, query).split())

    def applied(self) -> list[str]:
        query = "SELECT name FROM django_migrations WHERE app = 'shop' ORDER BY 1"
        return psql(self.space, query).split()


@pytest.fixture
def django(space: Namespace, project: Project, tmp_path: Path) -> DjangoShop:
    """v1 and v2 are good and of one schema."""
    return two_versions(DjangoShop(project, space, tmp_path / "versions"))


@pytest.fixture
def charted(
    space: Namespace, helm: Helm, releases: Callable[..., Project], tmp_path: Path
) -> DjangoShop:
    """The same, as a chart that also has a Deployment without the project's files."""
    made = DjangoShop(releases(helm), space, tmp_path / "versions")
    made.apply = lambda version: helm.deploy(
        shop(name="cache", image=version), made.workload(version)
    )
    made.facts = {"platform": "helm", "releases": ["shop"]}
    return two_versions(made)


def two_versions(made: DjangoShop) -> DjangoShop:
    project, space = made.project, made.space
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders or not (BED / "python/bin/django-admin").exists():
        pytest.skip("needs beds: postgresql.sh install, migration_tools.sh install")
    space.apply(*server(folders[-1]))
    wait_for(lambda: psql(space, "SELECT 1", "postgres", check=False) == "1", "the database", 120)
    psql(space, f"CREATE ROLE shop LOGIN PASSWORD '{PASSWORD}'", "postgres")
    psql(space, "CREATE DATABASE shop OWNER shop", "postgres")
    project.configure(namespace=space.name, database={"url": "SHOP_URL"}, **made.facts)
    project.environment["SHOP_URL"] = URL
    made.put("manage.py", MANAGE)
    made.put("site_settings.py", SETTINGS)
    for app in ("shop", "billing"):
        made.put(f"{app}/__init__.py", "")
        made.put(f"{app}/migrations/__init__.py", "")
    made.migration("0001_initial", ORDERS)
    made.deploy("v1")
    psql(space, "INSERT INTO shop_order (legacy, note) VALUES ('a', '')")
    made.deploy("v2")
    return made


def test_it_goes_back_before_the_application_and_forward_again(django: DjangoShop) -> None:
    django.migration("0002_channel", CHANNEL, '("shop", "0001_initial")')
    django.migration("0003_legacy", LEGACY, '("shop", "0002_channel")')
    django.deploy("v3", good=False)
    assert django.columns() == {"id", "note", "channel"}
    plan = django.project.plan("previous", "--with-db")
    (database,) = plan["databases"]
    assert (database["tool"], database["order"]) == ("django", "before-app"), plan.text
    done = django.project.execute(plan)
    assert (done["outcome"], done.exit) == ("done", 0), done.text + done.stderr
    assert (django.applied(), django.columns()) == (["0001_initial"], {"id", "legacy", "note"})
    assert django.space.image("deployment/web") == "v2"
    django.space.impatient()
    back = django.project.restore(plan)
    assert back["outcome"] == "restored", back.text + back.stderr
    assert len(django.applied()) == 3 and django.columns() == {"id", "note", "channel"}
    assert PASSWORD not in plan.text + done.text + back.text
    assert "NotFound" in django.space("get", "pod", TOOL, check=False) or not django.space(
        "get", "pod", TOOL, "--ignore-not-found", "-o", "name"
    )


def test_it_runs_where_no_pod_of_that_release_is_left_and_never_on_another_database(
    django: DjangoShop,
) -> None:
    """An addition goes back after the application, and comes again before it."""
    django.migration("0002_channel", CHANNEL, '("shop", "0001_initial")')
    django.deploy("v3", good=False)
    psql(django.space, "CREATE DATABASE other TEMPLATE shop OWNER shop", "postgres")
    django.project.environment["SHOP_URL"] = URL.removesuffix("/shop") + "/other"
    plan = django.project.plan("previous", "--with-db")
    assert plan.exit == 6 and "wrong-database" in plan.codes
    django.crash("v3")
    plan = django.project.plan("previous", "--with-db")
    assert "tool-unasked" in plan.codes, plan.text
    done = django.project.execute(plan)
    assert done.exit == 5 and "uses another database" in done.text + done.stderr
    assert len(django.applied()) == 2 and "channel" in django.columns()
    assert django.project.run("plan", "--abandon", plan["run"]).exit == 0
    psql(django.space, "DROP DATABASE other", "postgres")
    django.project.environment["SHOP_URL"] = URL
    django.apply("v3")
    django.crash("v3")
    goes_back(django)


def test_a_chart_whose_release_crashes_goes_back_by_a_pod_of_its_own(charted: DjangoShop) -> None:
    """The tool is in the second of its workloads; of that none runs when the plan is made."""
    charted.migration("0002_channel", CHANNEL, '("shop", "0001_initial")')
    charted.deploy("v3", good=False)
    plan = charted.project.plan("previous", "--with-db")
    assert "tool-unasked" not in plan.codes and plan["verdict"] == "ready", plan.text
    charted.crash("v3")
    told = charted.project.plan("previous", "--with-db", "--dry-run")["findings"]
    (failed,) = (row for row in told if row["code"] == "tool-failed")
    assert failed["level"] == "warning" and "does not run in " in failed["message"], failed
    goes_back(charted)


def goes_back(shop: DjangoShop) -> None:
    plan = shop.project.plan("previous", "--with-db")
    assert "tool-unasked" in plan.codes and plan["databases"][0]["order"] == "after-app", plan.text
    done = shop.project.execute(plan)
    assert done["outcome"] == "done", done.text + done.stderr
    assert shop.applied() == ["0001_initial"]
    shop.space.impatient()
    back = shop.project.restore(plan)
    assert back["outcome"] == "restored", back.text + back.stderr
    assert len(shop.applied()) == 2 and "channel" in shop.columns()
    assert not shop.space("get", "pod", TOOL, "--ignore-not-found", "-o", "name")
