"""When answers are published says nothing about what is kept silent: two databases, the same files, the same times.

The quantity compared is what an asker can see: from the moment a file was asked about to the moment its answer may be
seen. The two databases take turns in blocks, so that a busy machine slows both alike. A build that publishes at once is
shown to fail. `make faults` compares 10,000 files; the small version runs with every test run and only proves that the
times are whole seconds, that the broken build is told apart, and that the real one is not.
"""

import contextlib
import os
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pytest
from django.apps import apps
from django.db import connections

from factories.matching import File, RunningMatcher, hold, matching_service, running_matcher, unit_of
from support import database as ground
from support.postgres import postgres_server
from support.silence import same_distribution
from vigie.backends.postgres import Takeover, ensure_database
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.matching import operations
from vigie.rooms.matching.operations import answers

BLOCK = 50
FEW = 24
UNLIKELY = 1e-4
"""Of so few files: times of one distribution differ as much once in ten thousand runs."""
HIDDEN_OF = 10
"""One file in ten is held in silence by somebody else: a thousand of ten thousand."""


class Side:
    """One of the two databases, with its own matcher."""

    def __init__(self, name: str, matcher: RunningMatcher) -> None:
        self.name = name
        self.matcher = matcher
        self.asked: list[float] = []
        """Seconds from asking to publication, a file each."""
        self.moments: list[datetime] = []
        """When each answer may be seen."""
        self.contents: list[uuid.UUID] = []

    def take_over(self) -> None:
        """The program's connections lead to this database, and its questions to this matcher."""
        for alias in ("default", "plumbing"):
            connections[alias].close()
            connections.databases[alias]["NAME"] = self.name
            if hasattr(connections._connections, alias):
                del connections[alias]
        apps.get_app_config("matching").__dict__["known"] = self.matcher.client


@contextlib.contextmanager
def two_sides() -> Iterator[tuple[Side, Side]]:
    """The suite's database and a copy of it, each followed by a matcher."""
    first = ground.settings().database_name
    second = f"{first}_silent"
    admin: dict[str, Any] = {**postgres_server().admin, "dbname": "postgres"}
    for alias in ground.ROLES:
        connections[alias].close()
    with psycopg.connect(**admin, autocommit=True) as look:
        look.execute(f"DROP DATABASE IF EXISTS {second} WITH (FORCE)".encode())
        look.execute(f"CREATE DATABASE {second} TEMPLATE {first}".encode())
    ensure_database(postgres_server().settings(database_name=second), Takeover.REPLACE)
    try:
        with running_matcher() as one, running_matcher(VIGIE_DATABASE_NAME=second) as other:
            yield Side(first, one), Side(second, other)
    finally:
        apps.get_app_config("matching").__dict__.pop("known", None)
        for alias in ("default", "plumbing"):
            connections[alias].close()
            connections.databases[alias]["NAME"] = first
            if hasattr(connections._connections, alias):
                del connections[alias]
        with psycopg.connect(**admin, autocommit=True) as look:
            look.execute(f"DROP DATABASE IF EXISTS {second} WITH (FORCE)".encode())


def files(number: int) -> list[File]:
    """The same files for both."""
    chance = np.random.default_rng(20261129)
    return [File(data=chance.bytes(40), pdq=chance.bytes(32)) for _ in range(number)]


def fill(side: Side, asker: Actor, shower: Actor, hider: Actor | None, number: int) -> None:
    """The asker holds the files; every one is answered by a contact; one in ten is kept silent by somebody besides."""
    side.take_over()
    for place, file in enumerate(files(number)):
        side.contents.append(hold(asker, file).content)
        hold(shower, file, audience=Audience.UNIT)
        if hider is not None and place % HIDDEN_OF == 0:
            hold(hider, file, outside=AnswerOutside.SILENT)


def ask(side: Side, asker: Actor, contents: list[uuid.UUID]) -> None:
    """Each file is asked about by itself, at a moment of its own, and the time to its publication noted."""
    side.take_over()
    service = matching_service(asker)
    chance = np.random.default_rng(len(side.asked))
    for content in contents:
        time.sleep(float(chance.uniform(0, 0.004)))
        began = utc_now()
        with act_as(service, clock=utc_now):
            operations.match_contents(service, None, [content])
        with connections["default"].cursor() as cursor, act_as(asker, clock=utc_now):
            cursor.execute(
                "SELECT max(published_at) FROM matching_candidate WHERE content_id = %s", [content]
            )
            (published,) = cursor.fetchone()
        side.asked.append((published - began).total_seconds())
        side.moments.append(published)


def compared(number: int) -> float:
    """The p-value of the times of so many files in both databases."""
    asker, shower, hider = unit_of("ALV"), unit_of("BOR"), unit_of("CAS")
    with two_sides() as (without, with_hidden):
        fill(without, asker, shower, None, number)
        fill(with_hidden, asker, shower, hider, number)
        for start in range(0, number, BLOCK):
            turn = (without, with_hidden) if start // BLOCK % 2 else (with_hidden, without)
            for side in turn:
                ask(side, asker, side.contents[start : start + BLOCK])
        return same_distribution(without.asked, with_hidden.asked)


def at_once(now: datetime) -> datetime:
    """The broken build: an answer may be seen as soon as it is found."""
    return now


def test_published_times_hide_what_a_silent_hit_takes_and_a_build_that_publishes_at_once_is_told_apart(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both builds a file that somebody keeps silent takes a tenth of a second longer."""
    asker, shower, hider = unit_of("ALV"), unit_of("BOR"), unit_of("CAS")
    real, hit = answers.ask, {"silent": False}

    def slower(who: Any, items: Any) -> Any:
        time.sleep(0.1 if hit["silent"] else 0)
        return real(who, items)

    monkeypatch.setattr(answers, "ask", slower)
    with two_sides() as sides:
        for side, keeper in zip(sides, (None, hider), strict=True):
            fill(side, asker, shower, keeper, 2 * FEW)
        for build in ("real", "broken"):
            for side in sides:
                hit["silent"] = side is sides[1]
                at = slice(0, FEW) if build == "real" else slice(FEW, 2 * FEW)
                ask(side, asker, side.contents[at])
            if build == "real":
                monkeypatch.setattr(answers, "publication", at_once)
        first, second = sides
        assert {moment.microsecond for moment in first.moments[:FEW] + second.moments[:FEW]} == {0}
        assert min(first.asked[:FEW] + second.asked[:FEW]) >= 0.25, "written before it can be seen"
        assert same_distribution(first.asked[:FEW], second.asked[:FEW]) > UNLIKELY
        assert same_distribution(first.asked[FEW:], second.asked[FEW:]) < UNLIKELY


@pytest.mark.faults
@pytest.mark.timeout(7_200)
def test_the_times_of_ten_thousand_files_are_of_one_distribution(
    database: None, record_property: Any
) -> None:
    number = int(os.environ.get("VIGIE_SILENT_FILES", "10000"))
    p = compared(number)
    record_property("p", p)
    sys.stderr.write(f"p = {p:.3f} over {number} files\n")
    assert p > 0.01
