"""The one question to a host about its release folders, and how the answer is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rollback.platforms.release_folders.host import Folder, Host, answered, command
from rollback.shell import Shell

KEY = "debug1: Server host key: "
MOST = 600  # entries of a release: of a larger one nothing is compared

# what package managers and bundlers write last: without it, the build did not finish
BUILT = (
    "vendor/autoload.php node_modules/.package-lock.json node_modules/.yarn-integrity node_modules/.modules.yaml "
    "public/build/manifest.json public/mix-manifest.json public/packs/manifest.json public/assets/manifest.json "
    ".next/BUILD_ID assets_manifest_backup"
)

# POSIX, on one line for the sake of other login shells: one answer per line, fields between tabs, the free text last.
# The order by modification time is read for one purpose: to tell what Capistrano's bare command would take.
# What logrotate has put aside last is read before the log: a log that was rotated yesterday names the newest release only.
QUESTION = "; ".join(
    f"""t=$(printf '\\t') p=$1
case $p in '~'|'~/'*) p=$HOME${{p#'~'}};; esac
cd -P -- "$p" || exit 66
pwd -P | sed "s/^/path$t/"
uname -n | sed "s/^/machine$t/"
if [ -L current ]; then l=$(readlink current); printf 'link\\t%s\\n' "$l"; while [ "${{l%/}}" != "$l" ]; do l=${{l%/}}; done
n=${{l##*/}}; [ current -ef "releases/$n" ] && printf 'live\\t%s\\n' "$n"; elif [ -e current ]; then echo "taken$t"; fi
few() {{ sort -u | head -n {MOST} | while IFS= read -r e; do printf '%s\\t%s\\t%s\\n' "$1" "$n" "$e"; done; }}
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
exit 0""".splitlines()
)


class _Log(NamedTuple):
    kind: str
    lines: tuple[str, ...]


def ask(names: Sequence[str], path: str, shell: Shell) -> list[Host]:
    """What every host says about the path, in the order of the names. Raises Unreadable."""
    answers = shell.ask_all([command(name, QUESTION, path) for name in names])
    return [
        parsed(name, answered(name, answer), "" if isinstance(answer, Exception) else answer.stderr)
        for name, answer in zip(names, answers, strict=True)
    ]


def parsed(name: str, stdout: str, stderr: str = "") -> Host:
    """The answer to QUESTION as facts; what is not understood is left out."""
    rows = [line.split("\t", 1) for line in stdout.split("\n") if "\t" in line]

    def first(word: str) -> str | None:
        return next((text for key, text in rows if key == word), None)

    def every(word: str) -> tuple[str, ...]:
        return tuple(text for key, text in rows if key == word)

    path, link = first("path") or "", first("link")
    key = next((line.removeprefix(KEY) for line in stderr.splitlines() if line.startswith(KEY)), "")
    unfinished, live = first("unfinished"), first("live") or _dangling(path, link)
    log = _log(rows, live)
    return Host(
        name,
        path,
        first("machine") or "",
        key,
        link,
        live,
        first("taken") is not None,
        _folders(rows),
        every("mtime"),
        unfinished and unfinished.rstrip("/").rpartition("/")[2],
        frozenset(every("archived")),
        log.kind if log else None,
        log.lines if log else (),
    )


def _folders(rows: Sequence[Sequence[str]]) -> dict[str, Folder]:
    found: dict[str, dict[str, set[str]]] = {"entry": {}, "shared": {}, "built": {}}
    for key, text in rows:
        if key in found:
            name, _, entry = text.partition("\t")
            found[key].setdefault(name, set()).add(entry.removeprefix("./"))
    folders: dict[str, Folder] = {}
    for key, text in rows:
        if key == "release":
            marks, name, revision = (text + "\t\t").split("\t")[:3]
            seen = [frozenset(found[kind].get(name, ())) for kind in ("entry", "shared", "built")]
            folders[name] = Folder(
                revision.strip(), frozenset(filter(None, marks.split(","))), *seen
            )
    return folders


def _log(rows: Sequence[Sequence[str]], live: str | None) -> _Log | None:
    """Who changed from one tool to the other has both logs: then the one that names the live release is kept up."""
    logs: list[_Log] = []
    for key, text in rows:
        if key == "log":
            logs.append(_Log(text, ()))
        elif key == "line" and logs:
            logs[-1] = _Log(logs[-1].kind, (*logs[-1].lines, text))
    naming = [log for log in logs if live and any(live in line for line in log.lines[-50:])]
    return next(iter(naming[-1:] or logs), None)


def _dangling(path: str, link: str | None) -> str | None:
    """The release that a link names although its folder is gone."""
    parent, _, name = (link or "").rstrip("/").rpartition("/")
    return name if name and parent in ("releases", "./releases", f"{path}/releases") else None
