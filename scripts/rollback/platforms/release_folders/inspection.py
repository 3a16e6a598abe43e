"""How a host is inspected: the script that runs there, and the parser of its report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from rollback.platforms.release_folders.host import Folder, Host, command, output
from rollback.shell import Shell

HOST_KEY = "debug1: Server host key: "
MAX_ENTRIES = 600  # of one release; a larger one is not compared

# what package managers and bundlers write last: without it, the build did not finish
BUILT = (
    "vendor/autoload.php node_modules/.package-lock.json node_modules/.yarn-integrity "
    "node_modules/.modules.yaml "
    "public/build/manifest.json public/mix-manifest.json public/packs/manifest.json "
    "public/assets/manifest.json "
    ".next/BUILD_ID assets_manifest_backup"
)

# POSIX, on one line because the login shell may be another one. One row per line, fields separated
# by tabs, free text last.
# Modification times are read only to tell what Capistrano's own rollback would pick.
# The newest rotated log is read before the log itself: after a rotation the log names only the
# newest release.
SCRIPT = "; ".join(
    f"""t=$(printf '\\t') p=$1
case $p in '~'|'~/'*) p=$HOME${{p#'~'}};; esac
cd -P -- "$p" || exit 66
pwd -P | sed "s/^/path$t/"
uname -n | sed "s/^/machine$t/"
if [ -L current ]; then l=$(readlink current); printf 'link\\t%s\\n' "$l"; while [ "${{l%/}}" != "$l" ]; do l=${{l%/}}; done
n=${{l##*/}}; [ current -ef "releases/$n" ] && printf 'live\\t%s\\n' "$n"; elif [ -e current ]; then echo "taken$t"; fi
few() {{ sort -u | head -n {MAX_ENTRIES} | while IFS= read -r e; do printf '%s\\t%s\\t%s\\n' "$1" "$n" "$e"; done; }}
walk() {{ find . -mindepth 1 -maxdepth 3 -type d '(' -name .git -o -path './vendor/*' -o -path './node_modules/*' ')' -prune -o "$@" 2>/dev/null; }}
topmost() {{ sed -n -e 's,^\\./\\(.*\\)/[^/]*$,\\1/,p' -e 's,^\\./\\([^/]*\\)$,\\1,p'; }}
for d in releases/*/; do d=${{d%/}} n=${{d##*/}}; [ ! -L "$d" ] && [ -d "$d" ] || continue; case $n in *[[:cntrl:]]*) continue;; esac
m=; for f in BAD_RELEASE DIRTY_RELEASE REVISION; do [ -f "$d/$f" ] && m=$m$f,; done
r=; [ -f "$d/REVISION" ] && r=$(head -c 200 < "$d/REVISION" | head -n 1 | tr -d '\\000\\t')
printf 'release\\t%s\\t%s\\t%s\\n' "$m" "$n" "$r"
(cd "$d" && for f in {BUILT}; do [ -f "$f" ] && echo "$f"; done) | few built
(cd "$d" && walk -type l -print) | few shared
(cd "$d" && walk -print) | topmost | few entry; done
ls -1t releases 2>/dev/null | sed "s/^/mtime$t/"
ls -1 | sed -n "s/^rolled-back-release-\\(.*\\)\\.tar\\.gz$/archived$t\\1/p"
[ -L release ] && readlink release | sed "s/^/unfinished$t/"
old=; for f in revisions.log-*[0-9] revisions.log.1; do [ -f "$f" ] && old=$f; done
[ -f revisions.log ] && echo "log${{t}}capistrano" && cat ${{old:+"$old"}} revisions.log | tail -n 500 | cut -c1-400 | sed "s/^/line$t/"
[ -f .dep/releases_log ] && echo "log${{t}}deployer" && tail -n 500 .dep/releases_log | cut -c1-400 | sed "s/^/line$t/"
exit 0""".splitlines()  # noqa: E501  (one shell statement per line)
)

Rows = Sequence[tuple[str, str]]  # key, text


class _Log(Struct, frozen=True):
    tool: str
    lines: tuple[str, ...]


def inspect(hosts: Sequence[str], path: str, shell: Shell) -> list[Host]:
    """Inspect the path on every host, in order. Raises Unreadable."""
    answers = shell.ask_all([command(host, SCRIPT, path) for host in hosts])
    reports: list[Host] = []
    for host, answer in zip(hosts, answers, strict=True):
        stdout = output(host, answer)
        stderr = "" if isinstance(answer, Exception) else answer.stderr
        reports.append(parse(host, stdout, stderr))
    return reports


def parse(name: str, stdout: str, stderr: str = "") -> Host:
    """Parse the report of SCRIPT; unknown rows are ignored."""
    rows = [
        (key, text)
        for key, tab, text in (line.partition("\t") for line in stdout.split("\n"))
        if tab
    ]
    path, link = _first(rows, "path") or "", _first(rows, "link")
    live = _first(rows, "live") or _dangling(path, link)
    deploying = _first(rows, "unfinished")
    log = _log(rows, live)
    return Host(
        name=name,
        path=path,
        machine=_first(rows, "machine") or "",
        key=_host_key(stderr),
        link=link,
        live=live,
        current_is_no_link=_first(rows, "taken") is not None,
        folders=_folders(rows),
        by_mtime=tuple(_every(rows, "mtime")),
        deploying=deploying and deploying.rstrip("/").rpartition("/")[2],
        archived=frozenset(_every(rows, "archived")),
        log=log.tool if log else None,
        log_lines=log.lines if log else (),
    )


def _every(rows: Rows, wanted: str) -> Iterator[str]:
    return (text for key, text in rows if key == wanted)


def _first(rows: Rows, wanted: str) -> str | None:
    return next(_every(rows, wanted), None)


def _host_key(stderr: str) -> str:
    lines = (line for line in stderr.splitlines() if line.startswith(HOST_KEY))
    return next(lines, "").removeprefix(HOST_KEY)


def _folders(rows: Rows) -> dict[str, Folder]:
    entries, links, built = (_by_release(rows, key) for key in ("entry", "shared", "built"))
    none: frozenset[str] = frozenset()
    folders: dict[str, Folder] = {}
    for text in _every(rows, "release"):
        marks, name, revision = (text + "\t\t").split("\t")[:3]
        folders[name] = Folder(
            revision=revision.strip(),
            marks=frozenset(filter(None, marks.split(","))),
            entries=entries.get(name, none),
            links=links.get(name, none),
            built=built.get(name, none),
        )
    return folders


def _by_release(rows: Rows, key: str) -> dict[str, frozenset[str]]:
    paths: dict[str, set[str]] = {}
    for text in _every(rows, key):
        release, _, path = text.partition("\t")
        paths.setdefault(release, set()).add(path.removeprefix("./"))
    return {release: frozenset(entries) for release, entries in paths.items()}


def _log(rows: Rows, live: str | None) -> _Log | None:
    """Return the current log of two (the tool was changed): it names the live release."""
    logs: list[_Log] = []
    for key, text in rows:
        if key == "log":
            logs.append(_Log(text, ()))
        elif key == "line" and logs:
            logs[-1] = _Log(logs[-1].tool, (*logs[-1].lines, text))
    current = [log for log in logs if live and any(live in line for line in log.lines[-50:])]
    return next(iter(current[-1:] or logs), None)


def _dangling(path: str, link: str | None) -> str | None:
    """Return the release that a link names although its folder is gone."""
    parent, _, name = (link or "").rstrip("/").rpartition("/")
    return name if name and parent in ("releases", "./releases", f"{path}/releases") else None
