"""Passwords in the messages of programs, however they spell the URL that they were given."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from rollback.flow.in_release import reason

RUNNER = Path(__file__).parents[2] / "templates/runner.sh"
USERINFO = "postgres://shop:p%40ss%2Fword@db/shop?sslmode=require"
QUERY = "jdbc:postgresql://db/shop?user=shop&password=p%40ss%2Fword&x=1"
TOLD = [
    (USERINFO, USERINFO),
    (USERINFO, USERINFO.replace("postgres:", "postgresql+psycopg2:")),
    (USERINFO, "postgresql://shop:p%40ss%2Fword@other/shop"),
    (QUERY, QUERY),
    (QUERY, "postgresql://db?password=p%40ss%2Fword"),
]


@pytest.mark.parametrize(("url", "told"), TOLD)
def test_the_plan_shows_no_password_of_a_url(url, told):
    why = reason(f"ArgumentError: Could not parse URL from string '{told}'", url, "SHOP_URL")
    assert "p%40ss" not in why and "Could not parse URL" in why
    assert "p@ss/word" not in reason("Error: p@ss/word is wrong", url, "SHOP_URL")


@pytest.mark.programs
@pytest.mark.parametrize(("url", "told"), TOLD)
def test_the_log_of_a_script_shows_no_password_of_a_url(url, told):
    (function,) = re.findall(r"^masked\(\) \{.*?^\}$", RUNNER.read_text(), re.DOTALL | re.MULTILINE)
    words = ["bash", "-euc", f"VARIABLES=SHOP_URL\n{function}\nmasked"]
    given = {**os.environ, "SHOP_URL": url}
    text = f"it is {told} here\nno newline"
    done = subprocess.run(words, input=text, env=given, capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert "p%40ss" not in first and first.endswith(" here")
    assert second == "no newline"


def test_a_path_is_no_secret():
    why = reason("Error: cannot open /data/shop.db", "sqlite:////data/shop.db", "SHOP_URL")
    assert "/data/shop.db" in why
