#!/usr/bin/env python3
"""Writes a 4 MB docker-archive image from busybox, without any engine: /cgi-bin/health answers STATUS and names VERSION.

Usage: image.py NAME:TAG VERSION [STATUS=200] [--volume PATH] | docker load        (or: ctr -a SOCKET -n k8s.io images import -)
VERSION "pause" only sleeps. /version.txt holds VERSION, in the image itself; `--volume` declares a VOLUME.
Needs Debian's busybox-static (or BUSYBOX=path of another static build).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tarfile
from pathlib import Path

HEALTH = """#!/bin/sh
case $APP_STATUS in 200) echo "Status: 200 OK";; *) echo "Status: $APP_STATUS Broken";; esac
printf 'Content-Type: application/json\\r\\n\\r\\n{"version":"%s","status":%s}\\n' "$APP_VERSION" "$APP_STATUS"
"""


def tar_of(files: dict[str, bytes], mode: int = 0o755) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def image(name: str, version: str, status: str = "200", volume: str = "") -> bytes:
    """A docker-archive; the same arguments give the same image id. As PID 1 busybox ignores SIGTERM, hence SIGKILL."""
    busybox = Path(os.environ.get("BUSYBOX", "/bin/busybox")).read_bytes()
    page = f"{version}\n".encode()
    layer = tar_of(
        {
            "bin/busybox": busybox,
            "bin/sh": busybox,
            "www/cgi-bin/health": HEALTH.encode(),
            "www/version.txt": page,
        }
    )
    pause = version == "pause"
    serve = (
        ["/bin/busybox", "sleep", "2147483647"]
        if pause
        else ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]
    )
    probe = [
        "/bin/busybox",
        "wget",
        "-q",
        "-O",
        "/dev/null",
        "http://127.0.0.1:8080/cgi-bin/health",
    ]
    config = {
        "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "config": {
            "Cmd": serve, "Env": [f"APP_VERSION={version}", f"APP_STATUS={status}"], "StopSignal": "SIGKILL",
            "Labels": {"org.opencontainers.image.version": version}, **({"Volumes": {volume: {}}} if volume else {}),
            "Healthcheck": {"Test": ["NONE"] if pause else ["CMD", *probe], "Interval": 10**9, "Timeout": 2 * 10**9, "Retries": 2},
        },
    }  # fmt: skip
    described = json.dumps(config).encode()
    digest = hashlib.sha256(described).hexdigest()
    manifest = json.dumps(
        [{"Config": digest + ".json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    ).encode()
    return tar_of(
        {digest + ".json": described, "layer.tar": layer, "manifest.json": manifest}, 0o644
    )


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    words = sys.argv[1:]
    volume = words[words.index("--volume") + 1] if "--volume" in words else ""
    sys.stdout.buffer.write(
        image(*words[: words.index("--volume") if volume else None], volume=volume)
    )
