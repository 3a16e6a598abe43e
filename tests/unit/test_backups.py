"""Backups: words of a command, rows that are compared after a drill, times that a command prints."""

from __future__ import annotations

import subprocess

import pytest

from rollback.backups import _local
from rollback.errors import Usage
from rollback.reversal import backup
from rollback.reversal.backup import Making
from rollback.script import functions
from rollback.script.functions import FOLDER
from rollback.settings import check

FUNCTIONS = FOLDER / "_backups.sh"


def bash(text: str, *words: str) -> subprocess.CompletedProcess[str]:
    script = f". {FUNCTIONS}; {text}"
    environment = {"TOKEN": "t0ken with 'quotes'", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        ["bash", "-euc", script, "bash", *words], env=environment, capture_output=True, text=True
    )


@pytest.mark.programs
@pytest.mark.parametrize(
    ("word", "becomes"),
    [
        ("$TOKEN", "t0ken with 'quotes'"),
        ("--token=$TOKEN", "--token=t0ken with 'quotes'"),
        ("$UNSET_TOKEN", ""),
        ('dump "$TOKEN" >x', 'dump "$TOKEN" >x'),
        ("$(id)", "$(id)"),
        ("a$TOKEN", "a$TOKEN"),
        ("plain", "plain"),
    ],
)
def test_a_word_that_is_a_variable_has_its_value(word, becomes):
    assert bash('backup_word "$1"', word).stdout == becomes


def test_what_a_person_types_has_the_names_of_variables_only():
    made = Making(("pg-backup", "--url=$SHOP_URL", "a b", "${OTHER}x"), "/srv/my shop")
    command = backup.command(made, None, "backup/database-1.name")
    assert (
        command.by_hand == "(cd '/srv/my shop' && pg-backup --url=\"$SHOP_URL\" 'a b' '${OTHER}x')"
    )
    assert command.variables == ("SHOP_URL", "OTHER")


@pytest.mark.programs
@pytest.mark.parametrize(
    ("before", "after", "copy", "problem"),
    [
        ("2 a\n", "2 a\n", "2 a\n", ""),
        ("2 a\n", "5 a\n", "3 a\n", ""),
        ("5 a\n", "2 a\n", "3 a\n", ""),
        ("2 a\n", "2 a\n", "1 a\n", "a has 1 rows in the restored backup, 2 before and 2 after"),
        ("2 a\n1 b c\n", "2 a\n1 b c\n", "2 a\n", "b c is missing in the restored backup"),
        ("2 a\n", "2 a\n0 new\n", "2 a\n", ""),
        ("0 old\n2 a\n", "2 a\n", "2 a\n0 old\n", ""),
        ("2 a\n", "2 a\n", "2 a\n0 b\n", "b is in the restored backup only"),
        ("0 a\n", "0 a\n", "", "a is missing in the restored backup"),
    ],
)
def test_a_copy_has_the_tables_and_a_number_of_rows_between_both(
    tmp_path, before, after, copy, problem
):
    files = []
    for name, text in (("before", before), ("after", after), ("copy", copy)):
        (tmp_path / name).write_text(text)
        files.append(str(tmp_path / name))
    done = bash('same_rows "$@"', *files)
    assert (done.returncode == 0) == (not problem)
    assert problem in done.stdout


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1795981549", 1795981549),
        ("2026-11-29T19:45:49Z", 1795981549),
        ("2026-11-29T20:45:49+01:00", 1795981549),
        ("2026-11-29 19:45:49", 1795981549),
        ("2026-11-29 19:45:49 +0000", 1795981549),
        ("2026-11-29 19:45:49.123 UTC", 1795981549),
        ("2026-11-31 19:45:49", None),
        ("yesterday", None),
        ("", None),
        ("99999999999999", None),
    ],
)
def test_a_time_is_a_number_or_iso_8601(text, seconds):
    made = _local._time(text)
    assert (made and made.timestamp()) == seconds


@pytest.mark.programs
@pytest.mark.parametrize(
    ("words", "name", "missing"),
    [
        (["echo", "2020-01-01T00:00:00Z"], "made at 2020-01-01", ""),
        (["date", "+%s"], "made at 1", ""),
        (["sh", "-c", "echo no access >&2; exit 3"], "", "sh ended with 3: no access"),
        (["echo", "yesterday"], "", "which is no time"),
        (["no-such-program"], "", "is not on PATH"),
    ],
)
def test_a_command_prints_when_the_newest_backup_was_made(tmp_path, words, name, missing):
    newest = _local.by_command(words, tmp_path)
    assert newest.name.startswith(name) and missing in newest.missing
    assert bool(newest.missing) == bool(missing)
    assert (newest.age > 5 * 365 * 86_400) == ("2020" in name)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"max_age": "a day"}, "should be a length of time, as in 90m, 24h or 7d"),
        ({"max_age": 24}, "should be a string"),
        ({"command": "pg_dump"}, "should be a list"),
        ({"directory": "/a", "command": ["b"]}, "both directory and command"),
        ({"files": "*.dump", "newest": ["x"]}, "both files and newest"),
        ({"file": "*.dump"}, "is not a known key"),
        ({"service": "rds"}, "is not a known key"),
        ({"rds": "shop", "files": "*.dump"}, "both files and rds"),
        ({"rds": "shop", "heroku": "shop"}, "both rds and heroku"),
        ({"rds": 7}, "should be the name or ARN of an RDS instance or cluster"),
        ({"rds": "shop; rm"}, "should be the name or ARN of an RDS instance or cluster"),
        ({"heroku": "../shop"}, "should be the name of a Heroku app, or APP::DATABASE"),
    ],
)
def test_wrong_settings_are_named_with_their_place(keys, message):
    data = {"environments": {"production": {"database": {"backup": keys}}}}
    with pytest.raises(Usage) as caught:
        check.check(data, "settings.yml")
    assert message in caught.value.message and "database/backup" in caught.value.message


@pytest.mark.programs
def test_a_backup_of_a_start_with_the_same_process_id_does_not_count(tmp_path):
    runner = functions.TEMPLATES / "runner.sh"
    text = f"""
    . {FOLDER / "_databases.sh"}; . {runner}; cd "$1"; RUN=$1 VERB=execute; prepare
    echo dump >db.dump; backup_made db.dump; backup_counts db.dump '3 applied'
    prepare; backup_counts db.dump '3 applied'; backup_counts db.dump '3 absent'$'\\n'
    """
    done = bash(text, str(tmp_path))
    assert (done.stdout.split(), done.stderr) == (["yes", "no", "yes"], "")
