"""A private sshd on 127.0.0.1 that plays one host: own keys, own name, and its own folder behind a path that all hosts share.

    with serving(tmp_path, "web1", "web2") as beds: ...   # ssh reaches them as web1 and web2 while beds.path stands first on PATH

Debian's sshd, unpacked beside the tests when it is not installed. Needs root: each host is a mount and a name space.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    / "deployment-rollback-beds"
    / "openssh-server"
)
CONFIG = """Port {port}
ListenAddress 127.0.0.1
HostKey {home}/host
AuthorizedKeysFile {client}.pub
PidFile {home}/pid
UsePAM no
StrictModes no
PasswordAuthentication no
MaxStartups 100
"""
# the privilege separation user must exist; what is mounted here is gone with the process
START = """set -e
printf '%s\\nsshd:x:74:74::/run/sshd:/usr/sbin/nologin\\n' "$(grep -v ^sshd: /etc/passwd)" >"$1/passwd"
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/files" "$2"
hostname "$3"
exec "$4" -D -e -f "$1/config" 2>>"$1/log"
"""


@dataclass
class Beds:
    """`files[name]` is what the host has at `path`; `bin` holds an ssh that knows the hosts."""

    path: Path
    bin: Path
    files: dict[str, Path] = field(default_factory=dict)
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def stop(self, name: str) -> None:
        """The listener and every session of that host."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.started[name].pid, signal.SIGTERM)
        self.started.pop(name).wait(10)


def sshd() -> str | None:
    """The program, or None when there is none and none can be had."""
    found = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    return found or _unpacked()


def why_not() -> str | None:
    """The reason why no bed can be made on this machine."""
    if os.geteuid() != 0:
        return "a private sshd needs root (mount and name spaces)"
    if not shutil.which("ssh") or not shutil.which("unshare"):
        return "ssh or unshare is not installed"
    return None if sshd() else "no sshd here, and apt-get download does not get one"


@contextlib.contextmanager
def serving(folder: Path, *names: str) -> Iterator[Beds]:
    """Hosts with these names, each with its own files behind `folder`/srv."""
    beds = Beds(folder / "srv", folder / "bin")
    beds.path.mkdir()
    beds.bin.mkdir()
    made = not Path("/run/sshd").exists()
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    _keygen(folder / "client")
    try:
        for name in names:
            start(beds, name)
        yield beds
    finally:
        for name in list(beds.started):
            beds.stop(name)
        if made:
            with contextlib.suppress(OSError):
                Path("/run/sshd").rmdir()


def start(beds: Beds, name: str) -> None:
    """One more host (or the same again); returns when it takes connections."""
    home = beds.bin.parent / "hosts" / name
    beds.files[name] = home / "files"
    beds.files[name].mkdir(parents=True, exist_ok=True)
    port = _free_port()
    if not (home / "host").exists():
        _keygen(home / "host")
    (home / "config").write_text(
        CONFIG.format(port=port, home=home, client=beds.bin.parent / "client")
    )
    (home / "ssh_config").write_text(_client(beds.bin.parent, home, name, port))
    _wrapper(beds)
    program = str(sshd())
    beds.started[name] = subprocess.Popen(
        ["unshare", "--mount", "--uts", "sh", "-c", START, "sh", str(home), str(beds.path), name, program],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    _wait(port, beds.started[name], home / "log")


def _client(folder: Path, home: Path, name: str, port: int) -> str:
    key = (home / "host.pub").read_text().split()[:2]
    (home / "known").write_text(f"[127.0.0.1]:{port} {' '.join(key)}\n")
    return (
        f"Host {name}\n  HostName 127.0.0.1\n  Port {port}\n  User {pwd.getpwuid(os.getuid()).pw_name}\n  IdentityFile {folder}/client\n"
        f"  IdentitiesOnly yes\n  UserKnownHostsFile {home}/known\n  StrictHostKeyChecking yes\n"
    )


def _wrapper(beds: Beds) -> None:
    """ssh reads its settings from the home of the account, whatever HOME says; so an ssh that is told where they are."""
    configs = sorted((beds.bin.parent / "hosts").glob("*/ssh_config"))
    (beds.bin / "config").write_text("".join(config.read_text() for config in configs))
    script = beds.bin / "ssh"
    script.write_text(
        f'#!/bin/sh\nexec {shutil.which("ssh", path=os.defpath)} -F {beds.bin}/config "$@"\n'
    )
    script.chmod(0o755)


def _unpacked() -> str | None:
    program = CACHE / "usr" / "sbin" / "sshd"
    if not program.exists() and shutil.which("apt-get") and shutil.which("dpkg"):
        CACHE.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(subprocess.SubprocessError, OSError):
            subprocess.run(
                ["apt-get", "download", "openssh-server", "libwrap0"],
                cwd=CACHE,
                check=True,
                capture_output=True,
                timeout=120,
            )
            for package in CACHE.glob("*.deb"):
                subprocess.run(
                    ["dpkg", "-x", package.name, "."], cwd=CACHE, check=True, capture_output=True
                )
    if not program.exists():
        return None
    libraries = next(CACHE.glob("**/libwrap.so.0")).parent
    starter = CACHE / "sshd"
    # sshd re-executes itself by its own path, so the library path has to stay in the environment
    starter.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {program} "$@"\n')
    starter.chmod(0o755)
    return str(starter)


def _keygen(path: Path) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as link:
            if link.recv(4) == b"SSH-":
                return
        time.sleep(0.05)
    raise RuntimeError(
        f"sshd does not answer: {log.read_text()[-500:] if log.exists() else 'no log'}"
    )
