"""The projects of the live bed: each is a case that can be read, in one lane, from a named source."""

from __future__ import annotations

import re

from tests.live.projects.case import HERE, Case

SOURCES = (HERE / "SOURCES.md").read_text()


def test_every_project_is_in_exactly_one_lane():
    names = [*Case.names(on_cluster=True), *Case.names(on_cluster=False)]
    assert sorted(names) == sorted(file.parent.name for file in HERE.glob("*/project.yml"))


def test_every_project_says_where_it_comes_from():
    rows = re.findall(r"^\| ([a-z0-9-]+) \| .+ \| (.+) \| (?:yes|no) \|$", SOURCES, re.M)
    known = {name for name, failure in rows if re.search(r"[\w.-]+/[\w.-]+#\d+", failure)}
    assert {file.parent.name for file in HERE.glob("*/project.yml")} - known == set()


def test_every_project_on_a_cluster_stands_beside_the_plain_way():
    plain = [name for name in Case.names(on_cluster=True) if Case.load(name).plain is None]
    assert plain == []
