"""What a trial in a scratch database showed: where a reversal leads, and where a restore does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback.database_contracts import Row
from rollback.errors import RollbackError
from rollback.flow.labels import few
from rollback.model import Finding
from rollback.rehearsal import Played, Player
from rollback.reversal import comparison
from rollback.reversal.change import Change
from rollback.reversal.comparison import Catalogue, Expected
from rollback.text import clean

DIFFERS, RESTORE, UNPROVEN = "reversal-differs", "restore-differs", "schema-unproven"
_FEW = 3  # differences named in one finding
_ELSEWHERE = "the reversal, tried in a scratch database, does not lead back"
_NO_RESTORE = "a restore, tried in a scratch database, does not lead to the newer schema again"
_HARMLESS = "statements of the old code run on it all the same"
_ONLY = "only the tables and columns that each migration names are proven, also by a restore"


class Rehearsed(Struct, frozen=True):
    """The changes, each with what the schema must be after it, and what the rehearsal met."""

    changes: Sequence[Change]
    findings: tuple[Finding, ...] = ()


class Verdict:
    """Judges a trial of these changes, newest first: forward, back, and forward again.

    `live` reads the catalogue of the database that goes back, `accepted` is --accept-schema.
    """

    def __init__(
        self,
        player: Player,
        changes: Sequence[Change],
        accepted: str,
        live: Callable[[], Sequence[Row]],
    ) -> None:
        self.player, self.changes, self.accepted, self.live = player, changes, accepted, live

    def of(self, played: Played) -> Rehearsed:
        """Return the changes with what each must lead to, and what speaks against them."""
        player, changes = self.player, self.changes
        number, tried = len(changes), len(played.catalogues)
        returned = tried > 2 * number  # all downs were tried
        if played.failed and (tried <= number or not (played.certain or returned)):
            why = f"{played.failed.label}, tried in a scratch database, failed: {played.why}"
            fix = "see whether the files of the migrations make the schema from nothing"
            return Rehearsed(changes, (unproven("warning", why, fix),))
        if played.failed and not returned:
            return self._differing(f"{played.failed.label} fails there: {played.why}")
        states = [comparison.catalogue(rows) for rows in played.catalogues]
        back = states[: 2 * number + 1]
        findings = tuple(self._other(back))
        if any(finding.level == "blocker" for finding in findings):
            return Rehearsed(changes, findings)
        findings = (*findings, *_forward_again(player, number, states, played))
        return self._expecting(states[number:], findings)

    def _other(self, states: Sequence[Catalogue]) -> Iterator[Finding]:
        """Yield where the downs lead elsewhere; the first that does is named."""
        player, changes, number = self.player, self.changes, len(self.changes)
        ups, downs = states[:number][::-1], states[number + 1 :]
        others = [comparison.others(*pair, player.plain) for pair in zip(ups, downs, strict=True)]
        if not others[-1]:
            return
        wanted, found = ups[-1], downs[-1]
        serious = [key for key in others[-1] if not comparison.is_harmless(key, wanted, found)]
        first = next(change for change, keys in zip(changes, others, strict=True) if keys)
        names = few(list(comparison.named(serious or others[-1], wanted, found)), _FEW)
        why = f"the down of {first.title}: {'; '.join(names)}"
        if serious:
            yield from self._differing(why).findings
        else:
            yield Finding("warning", DIFFERS, f"{_ELSEWHERE}: {why}; {_HARMLESS}")

    def _differing(self, why: str) -> Rehearsed:
        message = f"{_ELSEWHERE}: {why}"
        if self.accepted:
            message = f"{message}; accepted: {clean(self.accepted, 80)}"
            return Rehearsed(self.changes, (Finding("warning", DIFFERS, message),))
        fix = (
            "leave the schema: plan without --with-db; or fix forward; if you know that the old "
            'code runs on it: --accept-schema "WHY"'
        )
        return Rehearsed(self.changes, (Finding("blocker", DIFFERS, message, fix),))

    def _expecting(self, known: Sequence[Catalogue], findings: tuple[Finding, ...]) -> Rehearsed:
        """Return the changes with what the live database must have after each, both ways.

        `known` are the catalogues from before the first down on.
        """
        player, changes = self.player, self.changes
        try:
            live = comparison.catalogue(self.live())
        except RollbackError as error:
            return Rehearsed(changes, (*findings, unproven("warning", error.message, error.fix)))
        number, odd = len(changes), comparison.drifted(known[0], live)
        downs = _texts(player, comparison.expected(known[: number + 1], odd))
        ups = [""] * number
        if len(known) > 2 * number:  # the way forward again was tried to its end
            ups = _texts(player, comparison.expected(known[number:], odd))[::-1]
        kept = [
            replace(change, expects=down, brings_back=up)
            for change, down, up in zip(changes, downs, ups, strict=True)
        ]
        return Rehearsed(kept, (*findings, *_drift(player, known[0], live)))


def _texts(player: Player, steps: Sequence[Expected]) -> list[str]:
    every = [comparison.rows(step) for step in steps]
    return [player.as_expected(rows) if rows else "" for rows in every]


def _forward_again(
    player: Player, number: int, states: Sequence[Catalogue], played: Played
) -> Iterator[Finding]:
    """Report that a restore would not bring the schema of the release being left back."""
    fix = "a restore may stop there: fix forward instead, or see to it before you restore"
    if played.failed and not played.certain:
        why = f"the way forward again is not tried: {played.failed.label}: {played.why}"
        yield unproven("note", why)
    elif played.failed:
        message = f"{_NO_RESTORE}: {played.failed.label} fails there: {played.why}"
        yield Finding("warning", RESTORE, message, fix)
    elif other := comparison.differences(states[number], states[-1], player.plain):
        message = f"{_NO_RESTORE}: {'; '.join(few(other, _FEW))}"
        yield Finding("warning", RESTORE, message, fix)


def _drift(player: Player, known: Catalogue, live: Catalogue) -> Iterator[Finding]:
    present = {key: text for key, text in live.items() if key in known}
    if found := comparison.differences(known, present, player.plain):
        message = f"the schema was changed by hand: {'; '.join(few(found, _FEW))}"
        fix = "see whether the reversal does what you want with it; it is not compared afterwards"
        yield Finding("warning", "schema-drift", message, fix)


def unproven(level: str, why: str, fix: str = "") -> Finding:
    message = f"{clean(why, 240)}: {_ONLY}"
    return Finding("warning" if level == "warning" else "note", UNPROVEN, message, fix)
