"""A helm and a kubectl that keep their objects in files, and a release in them for rendered scripts to roll back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helm_records import of_facts, revision
from scripted import World

from rollback.model import Component, Step, Verb
from rollback.platforms import helm
from rollback.platforms.helm.details import Facts

# each revision is a file: its number, with "status:manifest" in it
HELM = """
cd "$RELEASES" || exit 1
newest() { ls | sort -n | tail -n 1; }
[ "$1" = version ] && { printf v3.19.0; exit; }
case "$*" in *'get manifest'*--revision*) cut -d : -f 2- "${@: -1}"; exit ;; *'get manifest'*) cut -d : -f 2- "$(newest)"; exit ;; esac
while [ $# -gt 0 ]; do case $1 in get | history | rollback) break ;; esac; shift; done
case $1 in
  get)
    [ ! -e ../down ] || { echo 'no connection' >&2; exit 1; }
    number=$5; [ "$number" != 0 ] || number=$(newest)
    cat "$number" 2>/dev/null || exit 1 ;;
  history)
    [ ! -e ../forgotten ] || exit 1
    [ ! -e ../overtake ] || mv ../overtake $(($(newest) + 1)) # somebody deploys after the guards have looked
    echo REVISION; ls | sort -n ;;
  rollback)
    [ ! -e ../slow ] || { printf 'pending-rollback:%s' "$(cut -d : -f 2- "$3")" >$(($(newest) + 1)); sleep 60; }
    [ ! -e ../busy ] || { mv ../busy $(($(newest) + 1)); echo 'Error: another operation (install/upgrade/rollback) is in progress' >&2; exit 1; }
    content=$(cut -d : -f 2- "$3"); next=$(($(newest) + 1))
    if [ -e ../stops-once ]; then
      rm ../stops-once; printf 'failed:%s' "$content" >$next; echo 'no ConfigMap with the name "old" found' >&2; exit 1
    fi
    [ ! -e ../fails ] || { printf 'failed:%s' "$content" >$next; echo 'timed out' >&2; exit 1; }
    printf 'deployed:%s' "$content" >$next; echo "$@" >>../done ;;
esac
"""
# existing objects, as the script asks for them
KUBECTL = """
case "$*" in
  *--dry-run=client*) [ ! -e kind-gone ] || { echo 'error: no matches for kind "Cart" in version "shop/v1"' >&2; exit 1; } ;;
  *--no-headers*) cat objects ;;
  *go-template-file*) cat rollouts ;;
  *'.spec.template'*) [ ! -e refused ] || exit 1; cat templates ;;
  *go-template*) cat left 2>/dev/null || : ;;
  *' delete '*) echo "$@" >>deleted; rm left ;;
  *) printf uid-cluster ;;
esac
"""


class Shop:
    """A release with revisions 11 (a) and 12 (b, live). `before`: steps of another release, which comes first."""

    def __init__(
        self,
        world: World,
        status: str = "deployed",
        a: str = "a",
        b: str = "b",
        before: Sequence[Step] = (),
        **facts: Any,
    ) -> None:
        self.world, self.releases = world, world.root / "releases"
        self.releases.mkdir()
        world.tool("helm", f"RELEASES={self.releases}\n{HELM}")
        world.tool("kubectl", f"cd {world.root}\n{KUBECTL}")
        self.keep(11, "superseded", a)
        self.keep(12, status, b)
        live = Facts(revision(12, f"{b}\n", status=status), **facts)
        self.move = of_facts(live, revision(11, f"{a}\n"))
        component = Component(
            "app",
            "platforms/helm",
            moves=(self.move,),
            guards=tuple(helm.guards([self.move])),
            steps=(*before, *helm.steps([self.move])),
        )
        world.save(world.plan_of(component))

    def keep(self, number: int, status: str, content: str) -> None:
        (self.releases / str(number)).write_text(f"{status}:{content}\n")

    def file(self, name: str) -> Path:
        """A file that the programs above read or write."""
        return self.world.root / name

    @property
    def live(self) -> str:
        newest = max(self.releases.iterdir(), key=lambda file: int(file.name))
        return newest.read_text().strip()


def place(world: World, verb: Verb = "execute") -> str:
    """Where the script sees the release: start, end, elsewhere or unreadable."""
    rows = [row.split("\t") for row in world.do(verb, None, "--where")[1].splitlines()]
    return next(row[0] for row in rows if len(row) == 5 and row[1] == "app.web.release")
