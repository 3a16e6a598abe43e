"""The nouns of a rollback: frozen, JSON-ready, free of I/O."""

from rollback.model.change import Command, Guard, Line, Lock, Part, Probe, Step, Undo
from rollback.model.plan import (
    Component,
    DIRECTIONS,
    Direction,
    FORWARD,
    Plan,
    PlanLevel,
    REVERSE,
    Verb,
)
from rollback.model.release import Evidence, Move, Release, Skipped, Status, Target
from rollback.model.report import (
    Check,
    Finding,
    HealthReport,
    Level,
    Outcome,
    TakenBack,
    TargetResult,
    Verdict,
)

__all__ = [
    "DIRECTIONS",
    "FORWARD",
    "REVERSE",
    "Check",
    "Command",
    "Component",
    "Direction",
    "Evidence",
    "Finding",
    "Guard",
    "HealthReport",
    "Level",
    "Line",
    "Lock",
    "Move",
    "Outcome",
    "Part",
    "Plan",
    "PlanLevel",
    "Probe",
    "Release",
    "Skipped",
    "Status",
    "Step",
    "TakenBack",
    "Target",
    "TargetResult",
    "Undo",
    "Verb",
    "Verdict",
]
