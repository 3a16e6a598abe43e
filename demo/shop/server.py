"""A small shop: GET /health counts the orders in the database its releases share.

Standard library only.
"""

import json
import os
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from release import COUNT, VERSION  # type: ignore[import-not-found]  # one such file per release

SHARED = Path(os.environ["SHOP_SHARED"])


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        try:
            with sqlite3.connect(SHARED / "shop.sqlite3") as database:
                (orders,) = database.execute(COUNT).fetchone()
            self.answer(200, {"version": VERSION, "orders": orders})
        except sqlite3.Error as error:
            self.answer(500, {"version": VERSION, "error": str(error)})

    def answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Shop)
    (SHARED / "server.pid").write_text(str(os.getpid()))
    server.serve_forever()
