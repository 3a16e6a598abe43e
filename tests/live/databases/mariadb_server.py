"""A MariaDB server of its own, with databases whose user needs a password."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

BED = Path(__file__).parents[1] / "beds" / "mariadb.sh"


class MariaDB:
    """`root` needs no password; `shop`, who may do everything in the databases, does."""

    PASSWORD = "s3cret:/@ %'$(id)"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: dict[tuple[str, ...], str] = {}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def url(self, name: str, password: str = PASSWORD, user: str = "shop") -> str:
        path = quote(str(self.folder / "socket"), safe="")
        return f"mysql://{user}:{quote(password, safe='')}@localhost/{name}?socket={path}"

    def sql(self, text: str, name: str = "mysql", user: str = "root") -> str:
        words = ["mariadb", "--no-defaults", "-N", "-B", "-S", str(self.folder / "socket")]
        done = subprocess.run(
            [*words, "-u", user, name], input=text, check=True, capture_output=True, text=True
        )
        return done.stdout.strip().replace("NULL", "").replace("\t", "|")

    def runner(self, name: str) -> Callable[[str], str]:
        return lambda text: self.sql(text, name)

    def create(self, name: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}")

    def load(self, key: tuple[str, ...]) -> bool:
        if key in self.kept:
            self.sql(self.kept[key], "shop")
        return key in self.kept

    def save(self, key: tuple[str, ...]) -> None:
        words = ["mariadb-dump", "--no-defaults", "-S", self.folder / "socket", "-u", "root"]
        done = subprocess.run([*words, "shop"], check=True, capture_output=True, text=True)
        self.kept[key] = done.stdout

    def reset(self) -> None:
        """As it was when it started: no databases but its own."""
        names = self.sql("SELECT schema_name FROM information_schema.schemata").split()
        system = {"information_schema", "mysql", "performance_schema", "sys"}
        self.sql("".join(f"DROP DATABASE `{name}`;" for name in names if name not in system))

    def start(self) -> None:
        words = ["bash", BED, "start", self.folder, str(self.port)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        quoted = self.PASSWORD.replace("'", "''")
        self.sql(f"CREATE USER shop@localhost IDENTIFIED BY '{quoted}'")
        self.sql("GRANT ALL ON *.* TO shop@localhost")

    def stop(self) -> None:
        subprocess.run(["bash", BED, "stop", self.folder], check=True, stdout=subprocess.DEVNULL)
