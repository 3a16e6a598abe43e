"""Before anything is touched: is the target there on every host, can the link be switched, is a deploy under way?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rollback.clock import age, seconds_since
from rollback.model import Command, Finding, Move
from rollback.platforms.release_folders import doubts
from rollback.platforms.release_folders.host import answered, command
from rollback.platforms.release_folders.log import stamp
from rollback.shell import Shell
from rollback.text import clean

FRESH = 1800  # seconds: a release folder younger than this, newer than the live one and not serving, is probably being deployed
QUESTION = "; ".join(
    """cd -P -- "$1" || exit 66
[ -d "releases/$2" ] && echo target
[ -w . ] && echo writable
{ [ ! -e revisions.log ] || [ -w revisions.log ]; } && { [ -z "$3" ] || [ -w "releases/$3" ]; } && echo markable
[ -z "$4" ] || { cd "releases/$2" 2>/dev/null && command -v -- "$4" >/dev/null && echo restart; cd -P -- "$1"; }
[ -f .dep/deploy.lock ] && echo "lock $(head -c 100 .dep/deploy.lock | head -n 1)"
df -Pk . | tail -n 1 | sed 's/^.* \\([0-9][0-9]*\\)  *[0-9][0-9]*% .*/free \\1/'
for d in releases/*/; do d=${d%/}; echo "folder ${d##*/}"; done
exit 0""".splitlines()
)


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    answers = shell.ask_all([_question(move) for move in moves])
    for move, answer in zip(moves, answers, strict=True):
        yield from _about(move, set(answered(move.target.details["host"], answer).splitlines()))
    yield from _together(moves)


def _question(move: Move) -> Command:
    facts = move.target.details
    left = move.current.id if facts["log"] == "deployer" and not facts["marked"] else ""
    return command(
        facts["host"], QUESTION, facts["path"], move.to.id, left, (facts["restart"] or [""])[0]
    )


def _about(move: Move, said: set[str]) -> Iterator[Finding]:
    facts, where = move.target.details, move.target.where
    if "target" not in said:
        yield Finding(
            "blocker",
            "artifact-gone",
            f"{where}/releases/{move.to.id} is not there",
            "name another release",
        )
        return
    if "writable" not in said:
        yield Finding(
            "blocker",
            "not-writable",
            f"{where} cannot be written to: the link cannot be switched",
            "run this as the user who deploys",
        )
    elif "markable" not in said:
        yield Finding(
            "blocker",
            "not-writable",
            f"{where}: the deploy tool's mark cannot be written",
            "run this as the user who deploys",
        )
    if facts["restart"] and "restart" not in said:
        word = clean(facts["restart"][0], 60)
        yield Finding(
            "blocker",
            "restart-missing",
            f"{where}: restart: {word} is no command there",
            "correct restart: in the settings",
        )
    yield from _deploying(move, said)
    free = next((int(line[5:]) for line in said if re.fullmatch(r"free \d+", line)), None)
    if free is not None and free < 64:
        yield Finding(
            "warning",
            "disk-full",
            f"{where}: {free} KiB are free, marks may not be written",
            "make room first",
        )


def _deploying(move: Move, said: set[str]) -> Iterator[Finding]:
    where = move.target.where
    if lock := next((line for line in said if line.startswith("lock ")), None):
        message = f"{where}: a deploy holds .dep/deploy.lock ({clean(lock[5:], 40) or 'no name'}); it would switch the link again"
        yield Finding(
            "blocker",
            "deploy-running",
            message,
            "wait for it, or dep deploy:unlock when it is dead",
        )
    names = [
        line[7:]
        for line in said
        if line.startswith("folder ")
        and line[7:] > move.current.id
        and stamp(line[7:])
        and stamp(move.current.id)
    ]
    # what has served was deployed, and then rolled back from
    for name in sorted(set(names) - {move.to.id} - move.to.facts.get("served", set())):
        seconds = seconds_since(stamp(name) or "")
        if 0 <= seconds < FRESH:
            message = f"{where}/releases/{name} was begun {age(seconds)} ago and does not serve yet: its deploy would switch the link again"
            yield Finding("warning", "deploy-running", message, "make sure that nobody deploys")


def _together(moves: Sequence[Move]) -> Iterator[Finding]:
    facts = moves[0].target.details
    yield from doubts.not_proven(moves[0].to)
    if len(set(facts["serving"].values())) > 1:
        told = ", ".join(f"{where} {live}" for where, live in facts["serving"].items())
        yield Finding(
            "warning",
            "hosts-disagree",
            f"the hosts do not serve the same release ({told})",
            "they will, once all have switched",
        )
    if any(move.target.details["log"] is None for move in moves):
        message = (
            "no deploy log: releases are ordered by name, and nothing tells which of them served"
        )
        yield Finding(
            "warning",
            "no-log",
            message,
            "record good releases after each deploy: history.py --record",
        )
    if not facts["restart"]:
        message = "no restart: in the settings: what keeps code in memory (workers, app servers, OPcache) serves the old code until it is restarted"
        yield Finding("note", "no-restart", message, "add restart: [command, argument...]")
