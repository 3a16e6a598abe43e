"""Check the target release, that the link can be switched, and that no deploy is running."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rollback.clock import age, seconds_since
from rollback.model import Command, Finding, Move
from rollback.platforms.release_folders import details
from rollback.platforms.release_folders.deploy_log import time_in_name
from rollback.platforms.release_folders.host import command, output
from rollback.platforms.release_folders.uncertainty import finish_not_proven
from rollback.shell import Shell
from rollback.text import clean

# seconds: a younger release folder that is newer than the live one is probably being deployed
FRESH = 1800
MIN_FREE = 64  # KiB
Report = set[str]  # the lines that SCRIPT printed
SCRIPT = "; ".join(
    """cd -P -- "$1" || exit 66
[ -d "releases/$2" ] && echo target
[ -w . ] && echo writable
{ [ ! -e revisions.log ] || [ -w revisions.log ]; } && { [ -z "$3" ] || [ -w "releases/$3" ]; } && echo markable
[ -z "$4" ] || { cd "releases/$2" 2>/dev/null && command -v -- "$4" >/dev/null && echo restart; cd -P -- "$1"; }
[ -f .dep/deploy.lock ] && echo "lock $(head -c 100 .dep/deploy.lock | head -n 1)"
df -Pk . | tail -n 1 | sed 's/^.* \\([0-9][0-9]*\\)  *[0-9][0-9]*% .*/free \\1/'
for d in releases/*/; do d=${d%/}; echo "folder ${d##*/}"; done
exit 0""".splitlines()  # noqa: E501  (one shell statement per line)
)


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    answers = shell.ask_all([_command(move) for move in moves])
    for move, answer in zip(moves, answers, strict=True):
        host = details.host_of(move).name
        yield from _on_host(move, set(output(host, answer).splitlines()))
    yield from finish_not_proven(moves[0].to)
    yield from _about_application(moves)


def _command(move: Move) -> Command:
    host, restart = details.host_of(move), details.of(move.target).restart
    to_mark = move.current.id if host.log == "deployer" and not host.marked else ""
    program = restart[0] if restart else ""
    return command(host.name, SCRIPT, host.path, move.to.id, to_mark, program)


def _on_host(move: Move, report: Report) -> Iterator[Finding]:
    location = move.target.where
    if "target" not in report:
        message = f"{location}/releases/{move.to.id} does not exist"
        yield Finding("blocker", "artifact-gone", message, "name another release")
        return
    yield from _permissions(location, report)
    yield from _restart(move, report)
    yield from _deploy_lock(location, report)
    yield from _fresh_releases(move, report)
    yield from _disk(location, report)


def _permissions(location: str, report: Report) -> Iterator[Finding]:
    problem = ""
    if "writable" not in report:
        problem = f"{location} is not writable: the link cannot be switched"
    elif "markable" not in report:
        problem = f"{location}: the deploy tool's log or mark is not writable"
    if problem:
        yield Finding("blocker", "not-writable", problem, "run this as the user that deploys")


def _restart(move: Move, report: Report) -> Iterator[Finding]:
    words = details.of(move.target).restart
    if words and "restart" not in report:
        message = f"{move.target.where}: restart: {clean(words[0], 60)} is not a command there"
        yield Finding("blocker", "restart-missing", message, "correct restart: in the settings")


def _deploy_lock(location: str, report: Report) -> Iterator[Finding]:
    for line in report:
        if line.startswith("lock "):
            owner = clean(line.removeprefix("lock "), 40) or "no name"
            message = (
                f"{location}: a deploy holds .dep/deploy.lock ({owner}) "
                "and would switch the link again"
            )
            fix = "wait for it, or run dep deploy:unlock if it is dead"
            yield Finding("blocker", "deploy-running", message, fix)


def _fresh_releases(move: Move, report: Report) -> Iterator[Finding]:
    live = move.current.id
    if not time_in_name(live):
        return
    names = {line.removeprefix("folder ") for line in report if line.startswith("folder ")}
    # a release that has served was deployed, and rolled back from later
    served = details.facts_of(move.to).history.served
    for name in sorted(names - served - {move.to.id}):
        created = time_in_name(name)
        seconds = seconds_since(created) if created and name > live else -1
        if 0 <= seconds < FRESH:
            folder = f"{move.target.where}/releases/{name}"
            message = (
                f"{folder} was created {age(seconds)} ago and is not live yet: "
                "its deploy would switch the link again"
            )
            yield Finding(
                "warning", "deploy-running", message, "make sure that nobody is deploying"
            )


def _disk(location: str, report: Report) -> Iterator[Finding]:
    free = [int(line[5:]) for line in report if re.fullmatch(r"free \d+", line)]
    if free and free[0] < MIN_FREE:
        message = f"{location}: only {free[0]} KiB are free, so marks may not be written"
        yield Finding("warning", "disk-full", message, "free up disk space first")


def _about_application(moves: Sequence[Move]) -> Iterator[Finding]:
    facts = details.of(moves[0].target)
    if len(set(facts.serving.values())) > 1:
        serving = ", ".join(f"{location} {live}" for location, live in facts.serving.items())
        message = f"the hosts do not serve the same release ({serving})"
        yield Finding(
            "warning", "hosts-disagree", message, "this rollback puts them all on one release"
        )
    if any(details.host_of(move).log is None for move in moves):
        message = "no deploy log: releases are ordered by name, and which of them served is unknown"
        fix = "record good releases after each deploy: history.py --record"
        yield Finding("warning", "no-log", message, fix)
    if not facts.restart:
        message = (
            "workers, app servers and OPcache run the code that they have loaded "
            "until they are restarted"
        )
        yield Finding(
            "note", "no-restart", message, "add restart: [command, argument...] to the settings"
        )
