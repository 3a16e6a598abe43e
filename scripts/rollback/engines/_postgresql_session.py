"""What a session of PostgreSQL is told: its limits, our lock, conditions of a change."""

from __future__ import annotations

from rollback.engines._postgresql_names import literal, quoted
from rollback.model import Address

LOCK = 5  # seconds: a change that waits for a lock holds up everybody behind it
STATEMENT = 590  # seconds: less than a step has, so that no statement is left behind
IDLE = 30  # seconds without a statement: the client hangs, and its locks keep everybody out
ALIVE = 5  # seconds between two looks whether the client is still there
ADVISORY = 1_685_221_218  # the class of our advisory locks: nobody else's number
_OURS = f"{ADVISORY}, hashtext(current_database())"


def opening(address: Address) -> str:
    """Return what comes first in a transaction that changes something."""
    return f"""SET LOCAL lock_timeout = '{LOCK}s';
SET LOCAL statement_timeout = '{STATEMENT}s';
SET LOCAL idle_in_transaction_session_timeout = '{IDLE}s';
{reading(address)}DO $rollback$ BEGIN
  IF NOT pg_try_advisory_xact_lock({_OURS}) THEN
    RAISE EXCEPTION 'another rollback is changing this database';
  END IF;
  BEGIN -- from version 14 on, on most systems
    PERFORM set_config('client_connection_check_interval', '{ALIVE}s', true);
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
END $rollback$;
"""


def reading(address: Address) -> str:
    """Return what comes first in a transaction that reads."""
    names = ", ".join(quoted(name) for name in address.schema.split(",") if name)
    return f"SET LOCAL search_path = {names};\n" if names else ""


def settled(address: Address) -> str:
    """Return a statement that fails while a transaction with our lock is open."""
    return f"""SET LOCAL lock_timeout = '{LOCK}s';
DO $rollback$ BEGIN PERFORM pg_advisory_xact_lock_shared({_OURS}); END $rollback$;
"""


def exactly_one(statement: str) -> str:
    """Return a statement that fails unless it changes exactly one row."""
    return f"""DO $rollback$ DECLARE n bigint; BEGIN
  {statement};
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n <> 1 THEN RAISE EXCEPTION 'rows of the migration table changed: %, not 1', n; END IF;
END $rollback$;
"""


def locked(table: str) -> str:
    """Return a statement that keeps others from a table until the transaction ends."""
    return f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;\n"


def at_most(query: str, number: int, message: str) -> str:
    """Return a statement that fails with this message when a query counts more than that."""
    return f"""DO $rollback$ BEGIN
  IF ({query}) > {number} THEN RAISE EXCEPTION USING MESSAGE = {literal(message)}; END IF;
END $rollback$;
"""
