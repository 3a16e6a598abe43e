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

    def start(self) -> None:
        words = ["bash", BED, "start", self.folder, str(self.port)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        quoted = self.PASSWORD.replace("'", "''")
        self.sql(f"CREATE USER shop@localhost IDENTIFIED BY '{quoted}'")
        self.sql("GRANT ALL ON *.* TO shop@localhost")

    def stop(self) -> None:
        subprocess.run(["bash", BED, "stop", self.folder], check=True, stdout=subprocess.DEVNULL)
