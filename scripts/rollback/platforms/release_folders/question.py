"""The one question to a host about its release folders, and how the answer is read."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.platforms.release_folders.host import Folder, Host, answered, command
from rollback.shell import Shell

KEY = "debug1: Server host key: "

# POSIX, on one line for the sake of other login shells: one answer per line, fields between tabs, the free text last.
# The order by modification time is read for one purpose: to tell what Capistrano's bare command would take.
QUESTION = "; ".join(
    """t=$(printf '\\t') p=$1
case $p in '~'|'~/'*) p=$HOME${p#'~'};; esac
cd -P -- "$p" || exit 66
pwd -P | sed "s/^/path$t/"
uname -n | sed "s/^/machine$t/"
if [ -L current ]; then l=$(readlink current); printf 'link\\t%s\\n' "$l"; while [ "${l%/}" != "$l" ]; do l=${l%/}; done
n=${l##*/}; [ current -ef "releases/$n" ] && printf 'live\\t%s\\n' "$n"; elif [ -e current ]; then echo "taken$t"; fi
for d in releases/*/; do d=${d%/} n=${d##*/}; [ ! -L "$d" ] && [ -d "$d" ] || continue; case $n in *[[:cntrl:]]*) continue;; esac
m=; for f in BAD_RELEASE DIRTY_RELEASE REVISION; do [ -f "$d/$f" ] && m=$m$f,; done
r=; [ -f "$d/REVISION" ] && r=$(head -c 200 < "$d/REVISION" | head -n 1 | tr -d '\\000\\t')
printf 'release\\t%s\\t%s\\t%s\\n' "$m" "$n" "$r"; done
ls -1t releases 2>/dev/null | sed "s/^/mtime$t/"
[ -L release ] && readlink release | sed "s/^/unfinished$t/"
[ -f revisions.log ] && echo "log${t}capistrano" && tail -n 500 revisions.log | cut -c1-400 | sed "s/^/line$t/"
[ ! -f revisions.log ] && [ -f .dep/releases_log ] && echo "log${t}deployer" && tail -n 500 .dep/releases_log | cut -c1-400 | sed "s/^/line$t/"
exit 0""".splitlines()
)


def ask(names: Sequence[str], path: str, shell: Shell) -> list[Host]:
    """What every host says about the path, in the order of the names. Raises Unreadable."""
    answers = shell.ask_all([command(name, QUESTION, path) for name in names])
    return [
        parsed(name, answered(name, answer), "" if isinstance(answer, Exception) else answer.stderr)
        for name, answer in zip(names, answers, strict=True)
    ]  # fmt: skip


def parsed(name: str, stdout: str, stderr: str = "") -> Host:
    """The answer to QUESTION as facts; what is not understood is left out."""
    rows = [line.split("\t", 1) for line in stdout.split("\n") if "\t" in line]

    def first(word: str) -> str | None:
        return next((text for key, text in rows if key == word), None)

    def every(word: str) -> tuple[str, ...]:
        return tuple(text for key, text in rows if key == word)

    folders = dict(_folder(text) for text in every("release"))
    path, link = first("path") or "", first("link")
    key = next((line.removeprefix(KEY) for line in stderr.splitlines() if line.startswith(KEY)), "")
    unfinished = first("unfinished")
    return Host(
        name, path, first("machine") or "", key, link, first("live") or _dangling(path, link), first("taken") is not None,
        folders, every("mtime"), unfinished and unfinished.rstrip("/").rpartition("/")[2], first("log"), every("line"),
    )  # fmt: skip


def _folder(text: str) -> tuple[str, Folder]:
    marks, name, revision = (text + "\t\t").split("\t")[:3]
    return name, Folder(revision.strip(), frozenset(filter(None, marks.split(","))))


def _dangling(path: str, link: str | None) -> str | None:
    """The release that a link names although its folder is gone."""
    parent, _, name = (link or "").rstrip("/").rpartition("/")
    return name if name and parent in ("releases", "./releases", f"{path}/releases") else None
