"""A shop whose change sets Liquibase runs: its program, and a port for it, since Java has no sockets of files."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

from native_site import TOOLS, NativeSite

HOME = TOOLS / "liquibase/node_modules/liquibase/dist/liquibase"
PROGRAM = """\
#!/bin/sh
set -eu
home={home}
jars=$home/liquibase.jar:$(printf %s: "$home"/lib/*.jar "$home"/../drivers/postgresql*.jar)
rest=${{SHOP_URL#*://shop:}} # the password is quoted in this URL as in that one
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$jars" \\
  liquibase.integration.commandline.LiquibaseCommandLine \\
  --url="jdbc:postgresql://127.0.0.1:{port}/shop?user=shop&password=${{rest%%@*}}" "$@"
"""
ORDERS = (
    '<createTable tableName="orders"><column name="id" type="int"/>'
    '<column name="legacy" type="text"/><column name="note" type="text"/></createTable>'
)
CHANNEL = '<addColumn tableName="orders"><column name="channel" type="text"/></addColumn>'
LEGACY = (
    '<dropColumn tableName="orders" columnName="legacy"/><rollback>'
    '<addColumn tableName="orders"><column name="legacy" type="text"/></addColumn></rollback>'
)
ONE_WAY = "<sql>UPDATE orders SET note = NULL</sql>"
EMPTY = '<dropColumn tableName="orders" columnName="legacy"/><rollback/>'
UPDATE = ("venv/bin/liquibase", "update")
CHANGELOG = """\
<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog
    http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-4.4.xsd">
{}
</databaseChangeLog>
"""


def serve(folder: Path) -> int:
    """Return a port whose connections lead to the server's socket."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener, folder), daemon=True).start()
    return int(listener.getsockname()[1])


def _accept(listener: socket.socket, folder: Path) -> None:
    while True:
        client, _ = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(folder / ".s.PGSQL.5432"))
        for pair in ((client, server), (server, client)):
            threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(source: socket.socket, goal: socket.socket) -> None:
    with contextlib.suppress(OSError), goal, source:
        while data := source.recv(65536):
            goal.sendall(data)


class LiquibaseShop(NativeSite):
    def begin(self, port: int) -> None:
        self.sets: list[str] = []
        self.put("venv/bin/liquibase", PROGRAM.format(home=HOME, port=port))
        self.put("liquibase.properties", "changeLogFile=db/changelog.xml\n")
        self.add(orders=ORDERS)
        self.first_release("v1.0", 20, *UPDATE)
        self.release("v1.1", 9)
        self.sql("INSERT INTO orders VALUES (1, 'a', 'x'), (2, 'b', 'y')")
        self.configure(tool="liquibase")

    def deploy(self, version: str, days: float, broken: bool = False, **sets: str) -> Path:
        """Add change sets to the one changelog and run them, as a deploy does."""
        self.add(**sets)
        return self.release(version, days, *UPDATE, broken=broken)

    def add(self, **sets: str) -> None:
        for id, content in sets.items():
            self.sets.append(f'<changeSet id="{id}" author="ana">{content}</changeSet>')
        self.put("db/changelog.xml", CHANGELOG.format("\n".join(self.sets)))

    def applied(self) -> list[str]:
        return self.sql("SELECT id FROM databasechangelog ORDER BY orderexecuted").split()

    def columns(self) -> set[str]:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'"
        return set(self.sql(query).split())
