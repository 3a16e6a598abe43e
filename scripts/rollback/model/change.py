"""What a script does: commands and their proofs, guards, locks and steps."""

from __future__ import annotations

import shlex
from typing import Literal

from msgspec import Struct

Part = Literal["app", "database", "config", "infrastructure"]


class Command(Struct, frozen=True):
    """One program call. `variables` lists environment variables by name.

    In a script the working directory is the run folder: payload files are named `state/x`.
    `by_hand` is what a person would type for it, where the script calls a function of its own.
    """

    argv: tuple[str, ...]
    timeout: float = 60
    variables: tuple[str, ...] = ()
    by_hand: str = ""

    def __str__(self) -> str:
        return shlex.join(self.argv)


class Inside(Struct, frozen=True):
    """A program in the release that is left, as a script runs it, and as a plan reads by it.

    `location` is for people: "/srv/shop/releases/20261101". `wraps`: what the settings put before
    a command is run in there, too, and does not replace it. `payload` is a file that the script's
    function takes as its first argument; then that place is made anew for each step, and no guard
    looks into it. `read` None: nothing of the release runs, so that a plan can ask nothing in
    there. `ended` runs the words after it once nothing of a killed start runs in there.
    """

    script: Command
    read: Command | None
    location: str
    wraps: bool = False
    payload: bytes = b""
    ended: Command | None = None


class Probe(Struct, frozen=True):
    """True when the trimmed stdout of `command` equals `expect`.

    With a `salt`, `expect` is the hex sha256(salt + stdout), for output that may hold secrets.
    """

    command: Command
    expect: str
    salt: str = ""


class Line(Struct, frozen=True):
    """One line that a guard prints: `source` before the rollback, `goal` after it.

    `move` is the id of the move it belongs to; "" for an identity, whose source is its goal.
    """

    source: str
    goal: str
    move: str = ""


class Guard(Struct, frozen=True):
    """Compare and swap: `command` prints `lines`, one each.

    A line that is neither its source (go on) nor its goal (nothing to do) stops the script with
    exit 10. An identity (engine id, cluster UID, account, host key) has the same source and goal.
    `subject` is a noun: "the current link of web1:/srv/shop". With a `salt` lines are compared
    by sha256(salt + line).
    """

    id: str  # [a-z0-9.-]+, unique in the plan
    subject: str
    command: Command
    lines: tuple[Line, ...]
    salt: str = ""
    # not read by restore.sh, which undoes nothing of what it guards
    forward_only: bool = False


class Lock(Struct, frozen=True):
    """A lock against other machines: taken before the first step, released after the last one.

    `take` is safe to repeat: repeated, it renews. It ends with 9 when somebody else holds the lock
    and says who. `seconds` is the deadline of each command.
    """

    id: str  # [a-z0-9.-]+, unique in the plan
    title: str
    take: Command
    release: Command
    seconds: float = 60
    by_hand: str = ""  # the command that releases it once its run is dead and abandoned


class Undo(Struct, frozen=True):
    """Undos run last step first; those that are `last` (a mark, a restart) run after the others.

    `title` describes the action: the undo of "Switch shop to R2" reads "Switch shop back to R4".
    """

    title: str
    do: Command
    proof: Probe | None = None
    last: bool = False


class Step(Struct, frozen=True):
    """One change. Already done when its proof holds; without a proof (a restart) it is repeated.

    `moves` are ids. `deadline` is seconds for do + proof. A later wave of a component starts only
    when the one before held.
    """

    id: str  # [a-z0-9.-]+, unique in the plan, begins with its component's id and a dot
    title: str
    do: Command
    proof: Probe | None = None
    undo: Undo | None = None
    part: Part = "app"
    moves: tuple[str, ...] = ()
    wave: int = 0
    deadline: float = 120
    irreversible: bool = False
    independent: bool = False  # its moves can fail one by one: each is judged by its own guard
    # its guards see what its proof sees, and the platform refuses it when that changed: right
    # after them it is just done
    guarded: bool = False
    # a killed run began it, and it holds: `do` runs all the same, to report what it took back
    looks_back: bool = False
    # begun once, it is never run again under the same approval: the command that plans the rest
    once: str = ""
    # stays open while the proof holds (somebody has to resume what was suspended)
    reminder: str = ""
