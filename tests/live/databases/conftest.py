"""A PostgreSQL and a MariaDB server for the whole lane, new again for each module; the user of their databases needs a password."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from database_site import DatabaseSite, sqlite_runner
from mariadb_server import MariaDB

BED = Path(__file__).parents[1] / "beds" / "postgresql.sh"
PASSWORD = MariaDB.PASSWORD
ACCESS = "local all shop scram-sha-256\nlocal all all trust\n"


class Server:
    """The superuser needs no password; `shop`, who owns the databases, does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: dict[tuple[str, ...], str] = {}

    def url(self, name: str, password: str = PASSWORD, user: str = "shop") -> str:
        place = quote(str(self.folder), safe="")
        return f"postgres://{user}:{quote(password, safe='')}@{place}/{name}"

    def sql(self, text: str, name: str = "postgres") -> str:
        words = ("psql", "-X", "-q", "-A", "-t", "-h", str(self.folder), "-U", "postgres")
        done = subprocess.run(
            [*words, "-v", "ON_ERROR_STOP=1", "-d", name, "-f", "-"],
            input=text,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def create(self, name: str) -> None:
        dropped = f"DROP DATABASE IF EXISTS {name} WITH (FORCE);"
        self.sql(f"{dropped}\nCREATE DATABASE {name} OWNER shop;")

    def load(self, key: tuple[str, ...]) -> bool:
        if key in self.kept:
            template = self.kept[key]
            made = f"CREATE DATABASE shop OWNER shop TEMPLATE {template};"
            self.sql(f"DROP DATABASE shop WITH (FORCE);\n{made}")
        return key in self.kept

    def save(self, key: tuple[str, ...]) -> None:
        self.kept[key] = f"kept_{len(self.kept)}"
        self.sql(f"CREATE DATABASE {self.kept[key]} TEMPLATE shop")

    def reset(self) -> None:
        """As it was when it started: no databases but its own, `shop` without settings."""
        (self.folder / "data" / "pg_hba.conf").write_text(ACCESS)
        names = self.sql("SELECT datname FROM pg_database WHERE datname !~ '^(postgres|template)'")
        dropped = [f"DROP DATABASE {name} WITH (FORCE);" for name in names.split()]
        self.kept.clear()
        role = ("ALTER ROLE shop RESET ALL;", "ALTER ROLE shop NOCREATEDB;")
        self.sql("\n".join([*dropped, *role, "SELECT pg_reload_conf();"]))

    @contextmanager
    def replica(self) -> Iterator[Server]:
        """A server that follows this one and takes no writes."""
        other = Server(Path(tempfile.mkdtemp()))
        try:
            (self.folder / "data" / "pg_hba.conf").open("a").write("local replication all trust\n")
            self.sql("SELECT pg_reload_conf()")
            binary = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_basebackup"))[-1]
            words = [
                binary,
                "-h",
                self.folder,
                "-U",
                "postgres",
                "-R",
                "-c",
                "fast",
                "-X",
                "stream",
            ]
            data = other.folder / "data"
            subprocess.run([*words, "-D", data], check=True)
            subprocess.run(["chown", "-R", "postgres", other.folder], check=True)
            other.start()
            yield other
        finally:
            other.stop()
            shutil.rmtree(other.folder)

    def start(self) -> None:
        subprocess.run(["bash", BED, "start", self.folder], check=True, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        subprocess.run(["bash", BED, "stop", self.folder], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def first_server() -> Iterator[Server]:
    with _started() as made:
        yield made


@pytest.fixture(scope="session")
def second_server() -> Iterator[Server]:
    with _started() as made:
        yield made


@pytest.fixture(scope="module")
def server(first_server: Server) -> Server:
    first_server.reset()
    return first_server


@pytest.fixture(scope="module")
def scratch_server(second_server: Server) -> Server:
    """Another server, with an empty database `scratch`."""
    second_server.reset()
    second_server.create("scratch")
    return second_server


@contextmanager
def _started() -> Iterator[Server]:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or os.geteuid() != 0:
        pytest.skip("needs root and PostgreSQL's server: tests/live/beds/postgresql.sh install")
    made = Server(Path(tempfile.mkdtemp()))  # pytest's folder is closed to other users
    made.start()
    try:
        quoted = PASSWORD.replace("'", "''")
        made.sql(f"CREATE ROLE shop LOGIN PASSWORD '{quoted}'")
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.folder)


@pytest.fixture(scope="session")
def only_mariadb() -> Iterator[MariaDB]:
    if not (shutil.which("mariadbd") and shutil.which("mariadb")) or os.geteuid() != 0:
        pytest.skip("needs root and MariaDB's server: tests/live/beds/mariadb.sh install")
    made = MariaDB(Path(tempfile.mkdtemp()))  # pytest's folder is closed to other users
    made.start()
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.folder)


@pytest.fixture(scope="module")
def mariadb(only_mariadb: MariaDB) -> MariaDB:
    only_mariadb.reset()
    return only_mariadb


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseSite]:
    if request.param == "sqlite":
        file = tmp_path / "shop.db"
        made = DatabaseSite(tmp_path, f"sqlite:{file}", sqlite_runner(file))
    elif request.param == "mysql":
        mariadb: MariaDB = request.getfixturevalue("mariadb")
        mariadb.create("shop")
        made = DatabaseSite(tmp_path, mariadb.url("shop"), mariadb.runner("shop"))
    else:
        server: Server = request.getfixturevalue("server")
        server.create("shop")
        made = DatabaseSite(
            tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
        )
    yield made
    made.stop()
