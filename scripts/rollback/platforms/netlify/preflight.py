"""What a plan says about a site: its lock, builds under way, and what does not go back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from rollback import clock
from rollback.model import Finding, Move
from rollback.platforms._hosted import memory, pages
from rollback.platforms._hosted.api import side_by_side
from rollback.platforms._hosted.pages import Page
from rollback.platforms.netlify import by_hand, details, readings
from rollback.platforms.netlify.client import PAGE
from rollback.platforms.netlify.readings import Reading
from rollback.platforms.netlify.releases import BUILT, PRODUCTION
from rollback.shell import Shell
from rollback.text import clean

_DEAD = 6 * 3600.0  # seconds: no build and no upload takes as long
_MOST = 8  # names in one message
_ENDED = (*BUILT, "error", "rejected")


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    """Report findings. Raises Unreadable."""
    for move in moves:
        reading, page = side_by_side(partial(readings.of, move, shell), partial(_page, move, shell))
        yield from judged(move, reading, page)


def _page(move: Move, shell: Shell) -> Page | None:
    """Return the target's own front page: it was read where it was one of the next candidates."""
    goal = details.facts_of(move.to).deploy
    if not goal.url:
        return None
    return memory.once(shell, PAGE, goal.id, lambda: pages.fetch([goal.url])[0])


def judged(move: Move, reading: Reading, page: Page | None) -> Iterator[Finding]:
    """Yield the findings; `page` is the target's own front page, None where it has no address."""
    yield from _in_flight(move)
    yield from _artifact(move, page)
    yield from _commit(move)
    yield from _variables(move, reading)
    yield from _split(move, reading)
    yield from _schedules(move)
    yield from _publishing(move)
    message = (
        "functions, edge functions, redirects and headers go back with the deploy; "
        "environment variables, Blobs, forms and databases do not"
    )
    yield Finding("note", "not-moved", message)


def _in_flight(move: Move) -> Iterator[Finding]:
    """Yield builds that would be published over the rollback before the lock is on."""
    facts = details.facts_of(move.current)
    for row in facts.deploys:
        newer = row.created_at > facts.deploy.created_at
        if row.context != PRODUCTION or not newer or row.skipped or row.state in _ENDED:
            continue
        message = f"deploy {row.id} of {move.target.app} is under way ({clean(row.state, 20)})"
        age = clock.seconds_since(row.created_at)
        if age > _DEAD:
            message = f"{message}, for {clock.age(age)}: taken for dead"
            yield Finding(
                "warning", "deploy-stuck", message, f"cancel it: {by_hand.cancel(row.id)}"
            )
        elif facts.deploy.locked:
            message = f"{message}; the lock keeps it from being published"
            yield Finding("note", "deploy-in-flight", message)
        else:
            fix = f"wait for its end, or cancel it: {by_hand.cancel(row.id)}; then plan again"
            yield Finding("blocker", "deploy-in-flight", message, fix)


def _artifact(move: Move, page: Page | None) -> Iterator[Finding]:
    if page is None or page.elsewhere or page.status in (401, 403) or 200 <= page.status < 300:
        return
    answer = f"answers {page.status}" if page.status else "does not answer"
    message = f"the own address of deploy {move.to.id} {answer}: its files may be gone"
    fix = "open it in a browser, or name another deploy"
    yield Finding("warning", "artifact-gone", message, fix)


def _commit(move: Move) -> Iterator[Finding]:
    """Yield that the target has the code that is live: built again by a hook, or by a person."""
    facts, goal = details.facts_of(move.current), details.facts_of(move.to).deploy
    if not goal.commit_ref or goal.commit_ref != facts.deploy.commit_ref:
        return
    message = (
        f"deploy {goal.id} is another build of the same commit as the live one: it only differs "
        "in content, variables and dependencies"
    )
    others = (
        row.id
        for row in facts.deploys
        if row.context == PRODUCTION and row.state in BUILT and row.published_at
        if row.created_at < goal.created_at and row.commit_ref not in ("", goal.commit_ref)
    )
    other = next(others, None)
    fix = f"if the code is at fault, name {other}" if other else "look at what differs"
    yield Finding("warning", "same-commit", message, fix)


def _variables(move: Move, reading: Reading) -> Iterator[Finding]:
    goal = details.facts_of(move.to).deploy
    if reading.variables is None:
        message = f"environment variables of {move.target.app} cannot be read with this token"
        yield Finding("note", "config-changes", message)
        return
    changed = [row.key for row in reading.variables if row.updated_at > goal.created_at]
    if changed:
        message = (
            f"deploy {goal.id} was built with older values of {_listed(changed)}, rotated "
            f"secrets too"
        )
        fix = "if they no longer work, build the old commit again instead"
        yield Finding("warning", "config-changes", message, fix)


def _split(move: Move, reading: Reading) -> Iterator[Finding]:
    if reading.split:
        message = (
            f"traffic of {move.target.app} is split between branches ({_listed(reading.split)}): "
            f"visitors on the other branches stay on their deploys"
        )
        yield Finding("warning", "left-alone", message, "end the split test in Netlify's interface")


def _schedules(move: Move) -> Iterator[Finding]:
    now, then = (
        {f"{row.name} ({row.cron})" for row in details.facts_of(release).deploy.function_schedules}
        for release in (move.current, move.to)
    )
    if parts := [
        f"{word} {_listed(sorted(names))}"
        for word, names in (("ends", now - then), ("starts", then - now))
        if names
    ]:
        message = f"scheduled functions go back as well: the rollback {' and '.join(parts)}"
        yield Finding("warning", "schedules-change", message, "run by hand what must not be missed")


def _publishing(move: Move) -> Iterator[Finding]:
    """Yield what the lock changes; where it was on before, the live release itself tells."""
    facts, app = details.of(move.target), move.target.app
    if not facts.locked:
        message = (
            f"the rollback turns automatic publishing of {app} off (it is on now): builds are "
            f"not published"
        )
        fix = f"once the fix is built: {by_hand.unlock(facts.goal)}"
        yield Finding("warning", "auto-publish", message, fix)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(clean(name, 60) for name in names[:_MOST]) + more
