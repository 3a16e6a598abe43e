"""The script's calls of guard, lock and step, with named options and their functions."""

from __future__ import annotations

import math
from typing import Any

from rollback.model import Direction, Guard, Lock, Probe, Step
from rollback.script.names import function
from rollback.script.templating import markup
from rollback.script.tools import Tools
from rollback.text import clean, visible

Call = list[list[Any]]  # words in groups: an option with its values


def guard(guard: Guard, direction: Direction, tools: Tools) -> dict[str, Any]:
    call: Call = [["guard", guard.id, clean(guard.subject)]]
    call += _seconds("--within", guard.command.timeout, 60)
    call += [["--salt", guard.salt]] if guard.salt else []
    call += [["--line", *direction.line(line), line.move] for line in guard.lines]
    return {
        "call": call,
        "function": _name("guard", guard.id),
        "command": tools.words(guard.command),
    }


def lock(lock: Lock, tools: Tools) -> dict[str, Any]:
    call: Call = [["lock", lock.id, clean(lock.title)], *_seconds("--within", lock.seconds, 60)]
    if lock.take.by_hand and lock.release.by_hand:
        call += [["--by-hand", visible(lock.take.by_hand), visible(lock.release.by_hand)]]
    return {
        "call": call,
        "take_function": _name("lock", lock.id),
        "take": tools.words(lock.take),
        "release_function": _name("unlock", lock.id),
        "release": tools.words(lock.release),
    }


def step(step: Step, stage: int, last: bool, tools: Tools) -> dict[str, Any]:
    """`last`: an undo that runs after the others, such as a restart."""
    call: Call = [["step", step.id, clean(step.title)], ["--within", math.ceil(step.deadline)]]
    call += [["--stage", stage]] if stage else []
    call += [["--wave", step.wave]] if step.wave else []
    call += [["--move", move] for move in step.moves]
    call += [["--last"]] if last else []
    call += [["--looks-back"]] if step.looks_back else []
    call += [["--once", visible(step.once)]] if step.once else []
    call += _proof(step.proof, step.guarded) if step.proof else []
    call += [["--by-hand", visible(step.do.by_hand)]] if step.do.by_hand else []
    return {
        "title": step.title,
        "call": call,
        "do_function": _name("do", step.id),
        "do": tools.words(step.do),
        "prove_function": _name("prove", step.id),
        "prove": step.proof and tools.words(step.proof.command),
    }


def _proof(proof: Probe, guarded: bool) -> Call:
    return [
        ["--prove", proof.expect],
        *_seconds("--look", proof.command.timeout, 60),
        *([["--salt", proof.salt]] if proof.salt else []),
        *([["--guarded"]] if guarded else []),
    ]


def _seconds(option: str, seconds: float, default: int) -> Call:
    whole = math.ceil(seconds)
    return [] if whole == default else [[option, whole]]


def _name(prefix: str, id: str) -> Any:
    return markup(function(prefix, id))
