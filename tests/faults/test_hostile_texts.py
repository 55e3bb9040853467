"""Hostile names and descriptions through every page and every export: none is ever more than a text.

Reference test 39: a list of 5,000, markup and scripts, paths, formulas, marks that turn a text, line ends; 0 unescaped.
They are written where the world of the leak tests has words of its own: into every free text of every record.
"""

import csv
import html
import io
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import models
from django.http import HttpResponse

from architecture.test_leaks import (
    World,
    address,
    kind_of,
    two_units,
    values_of,
    with_records,
    without_records,
)
from factories.hostile_texts import MARK, hostile_texts, mark_of
from support import database as ground
from support.routes import Route
from vigie.engines.formats.hidden_characters import shown_in_a_line
from vigie.kernel import context, gate
from vigie.kernel.actors import utc_now
from vigie.kernel.ids import uuid7
from vigie.rooms.intake.models import ManifestEntry
from vigie.rooms.intake.web import LATEST

FORMULA = re.compile("[=+@\t\r\n\0＝＋－＠-]")
HIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067]")
NAMES = 90
"""Names of files that were not taken, each time the pages are asked for."""
EXPORTS = ("/asked/export/", "/unusual/export/", "/log/view/csv/", "/log/view/json/", "/log/export/")
SKIPPED = {"sign-out/", "doctor/", "second-factor/set-up/"}


@dataclass
class Found:
    """What was seen of the texts: wrong places with their words, and the marks that were shown."""

    wrong: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    pages: int = 0
    exports: int = 0


class Page(HTMLParser):
    """Everything on a page that acts; what a text may never become part of."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self._script: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag or an attribute of a hostile text, and an address that runs."""
        if MARK in tag or tag in {"base", "iframe", "math", "style", "bdo"}:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            acts = name.startswith("on") or MARK in name
            runs = name in {"href", "src", "action", "formaction"} and re.match(
                r"\s*(javascript|data:text|//)", value or "", re.IGNORECASE
            )
            marked = MARK in (value or "") and (
                name.startswith("hx-") or name in {"style", "srcdoc", "id", "class"}
            )
            if acts or runs or marked:
                self.wrong.append(f"<{tag} {name}={(value or '')[:60]!r}>")
        self._script = dict(attrs).get("type") or "text/javascript" if tag == "script" else None

    def handle_endtag(self, tag: str) -> None:
        """A script ends."""
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        """A text inside a script is data, and whole."""
        if self._script is None:
            return
        if self._script == "application/json":
            json.loads(data)
        elif MARK in data:
            self.wrong.append(f"in a script: {data[:60]!r}")

    def handle_comment(self, data: str) -> None:
        """No hostile text began a comment."""
        if MARK in data:
            self.wrong.append(f"<!--{data[:60]!r}")

    def unknown_decl(self, data: str) -> None:
        """No hostile text began a declaration."""
        self.wrong.append(f"<![{data[:60]!r}")


def judge(found: Found, where: str, answer: HttpResponse) -> None:
    """Nothing in an answer is more than a text."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]  # of streamed answers
    kind = answer.headers.get("Content-Type", "")
    for name, value in answer.headers.items():
        if "\r" in value or "\n" in value or MARK in name.lower() or (MARK in value and name != "Location"):
            found.wrong.append(f"{where}: header {name}: {value[:60]!r}")
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        found.wrong.append(f"{where}: a browser may guess what it is")
    if answer.status_code >= 500:
        found.wrong.append(f"{where}: {answer.status_code}")
    elif kind.startswith("text/html"):
        found.pages += 1
        _judge_page(found, where, body.decode())
    elif kind.startswith("text/csv"):
        found.exports += 1
        _judge_table(found, where, body.decode("utf-8-sig"))
    elif "json" in kind:
        json.loads(body)
        found.shown |= marks(body.decode())


def _judge_page(found: Found, where: str, text: str) -> None:
    page = Page()
    page.feed(text)
    page.close()
    found.wrong += [f"{where}: {one}" for one in page.wrong]
    plain = html.unescape(text)
    found.wrong += [f"{where}: {one!r} is shown" for one in set(HIDDEN.findall(plain))]
    found.shown |= marks(plain)


def _judge_table(found: Found, where: str, text: str) -> None:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if len({len(row) for row in rows}) > 1:
        found.wrong.append(f"{where}: rows of different lengths")
    for cell in (cell for row in rows for cell in row):
        if FORMULA.match(cell):
            found.wrong.append(f"{where}: a cell that runs: {cell[:60]!r}")
    found.shown |= marks(text)


def marks(text: str) -> set[str]:
    """The marks in a text."""
    return set(re.findall(rf"{MARK}\d+_", text))


class Texts:
    """Hands out hostile texts and remembers which."""

    def __init__(self, count: int) -> None:
        self._coming = hostile_texts(count)
        self.given: list[str] = []

    def take(self) -> str | None:
        """The next one; None when there are no more."""
        text = next(self._coming, None)
        if text is not None:
            self.given.append(text)
        return text


def write_into(world: World, texts: Texts, names: list[ManifestEntry]) -> set[str]:
    """Hostile texts stand in every free text of the unit that looks; returns the marks of names of files."""
    marked: set[str] = set()
    with ground.administrator() as look, look.transaction():
        look.execute(
            "SET LOCAL session_replication_role = replica"
        )  # some of these tables are only ever added to
        for entry in names:
            if (text := texts.take()) is not None:
                values = (text, text.encode(), text[:60], entry.pk)
                statement = "UPDATE intake_manifestentry SET path_text = %s, path = %s, modified_text = %s WHERE id = %s"
                look.execute(statement, values)
                marked.add(mark_of(text))
        for row, column, length, wrapped in free_texts(world):
            if (text := texts.take()) is not None:
                _write(look, row, column, text if length is None else text[:length], wrapped=wrapped)
    return marked


def free_texts(world: World) -> Iterator[tuple[models.Model, str, int | None, bool]]:
    """Every column of every row that holds a word of the unit's own: the row, the column, its length, JSON or not."""
    for rows in world.own.rows.values():
        for row in rows:
            for one in row._meta.concrete_fields:
                value = str(getattr(row, one.attname))
                is_text = isinstance(one, models.CharField | models.TextField) and world.own.word in value
                if is_text and one.name != "username":  # people are signed in by it here
                    yield row, one.column, one.max_length, value.startswith("{")


def _write(
    look: psycopg.Connection[Any], row: models.Model, column: str, text: str, *, wrapped: bool
) -> None:
    statement = f'UPDATE "{row._meta.db_table}" SET "{column}" = %s WHERE "{row._meta.pk.column}" = %s'  # type: ignore[union-attr]  # every model has a key
    look.execute(statement.encode(), (json.dumps({"what": text}) if wrapped else text, row.pk))


def more_names(world: World, count: int) -> list[ManifestEntry]:
    """So many files that were not taken in each of the latest hand-ins of the exhibit, beside what the world has."""
    first, of = (world.own.rows[label][0] for label in ("intake.ManifestEntry", "intake.Submission"))
    made = []
    with context.acting_as(world.own.investigator.actor, clock=utc_now), gate.opened():
        for _ in range(LATEST):
            under = _another(of, public_id=uuid.uuid4())
            for number in range(count):
                own = {"upload_id": uuid.uuid4(), "ordinal": number, "submission_id": under.pk}
                made.append(_another(first, **own))
    return made


def _another(row: models.Model, **changes: Any) -> Any:
    facts = {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields}
    made = type(row)(**facts | {"id": uuid7()} | changes)
    made.save(force_insert=True)
    return made


def look_everywhere(world: World, found: Found, people: Sequence[str]) -> None:
    """Every address is asked by these people of the unit, pages by browser and the API by command line."""
    for route in with_records() + without_records():
        if route.pattern in SKIPPED:
            continue
        kind = kind_of(route)
        for value in values_of(world.own, kind)[: len(people)] if kind else [""]:
            where = address(route, value)
            for who in people:
                client = world.clients[f"{who}'s terminal" if _is_api(route) else who]
                judge(found, f"{route.pattern} ({who})", client.get(where))
    for where in EXPORTS:
        client = world.clients["supervisor"]
        for answer in (client.get(where), client.post(where, {"why": "drawn"})):
            judge(found, f"{where} (supervisor)", answer)


def _is_api(route: Route) -> bool:
    return route.pattern.startswith("api/")


def through_everything(folder: Path, blocker: Any, count: int, people: Sequence[str]) -> tuple[Found, Texts]:
    """What was seen of so many texts, with all names of files shown."""
    found, texts = Found(), Texts(count)
    with blocker.unblock(), two_units(folder) as world:
        names = more_names(world, NAMES)
        while len(texts.given) < count:
            marked = write_into(world, texts, names)
            before = found.shown
            found.shown = set()
            look_everywhere(world, found, people)
            assert marked <= found.shown, f"never shown: {sorted(marked - found.shown)[:5]}"
            found.shown |= before
    return found, texts


def _judged(found: Found, texts: Texts, record_property: Any) -> None:
    unescaped = sorted(set(found.wrong))
    seen = len(found.shown)
    record_property("texts", len(texts.given))
    record_property("texts_seen_on_a_page_or_in_an_export", seen)
    record_property("unescaped", len(unescaped))
    record_property("pages", found.pages)
    record_property("tables", found.exports)
    assert unescaped == []
    assert seen > len(texts.given) * 0.6


@pytest.mark.faults
@pytest.mark.timeout(1_800)
@pytest.mark.usefixtures("_database_server")
def test_five_thousand_hostile_texts_are_nothing_but_texts(
    django_db_blocker: Any, tmp_path: Path, record_property: Any
) -> None:
    _judged(
        *through_everything(tmp_path, django_db_blocker, 5_000, ("investigator", "supervisor")),
        record_property,
    )


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("_database_server")
def test_hostile_texts_are_nothing_but_texts(
    django_db_blocker: Any, tmp_path: Path, record_property: Any
) -> None:
    _judged(*through_everything(tmp_path, django_db_blocker, 400, ("supervisor",)), record_property)


def test_a_terminal_shows_hostile_texts_in_one_line_and_obeys_none() -> None:
    for text in hostile_texts(5_000):
        shown = shown_in_a_line(text)
        assert shown.isprintable()
        assert mark_of(text) in shown


def test_the_texts_are_as_many_as_asked_for_and_all_different() -> None:
    texts = list(hostile_texts(5_000))
    assert len(set(texts)) == 5_000
    assert len({mark_of(text) for text in texts}) == 5_000


@pytest.mark.parametrize(
    "body",
    [
        f"<p><{MARK}1_></p>", f"<img src=x onerror={MARK}1_()>", f"<a href='javascript:{MARK}1_'>x</a>", f"<script>{MARK}1_</script>", f"<!--{MARK}1_-->",
        f"<p>\u202e{MARK}1_</p>", f"<p>{MARK}1_&#8238;</p>", f"<x hx-get='{MARK}1_'>", "<iframe>", "<p>\x1b[2J</p>",
    ],
)  # fmt: skip
def test_the_judge_of_pages_finds_what_is_wrong(body: str) -> None:
    found = Found()
    judge(found, "here", HttpResponse(body, headers={"X-Content-Type-Options": "nosniff"}))
    assert found.wrong


@pytest.mark.parametrize("body", ["a,b\n=1,2\n", "a,b\n1\n", "a,b\n\u202ex,+1\n"])
def test_the_judge_of_tables_finds_what_runs(body: str) -> None:
    found = Found()
    answer = HttpResponse(body, content_type="text/csv", headers={"X-Content-Type-Options": "nosniff"})
    judge(found, "here", answer)
    assert found.wrong


def test_the_judge_finds_nothing_on_an_escaped_page() -> None:
    found = Found()
    for text in islice(hostile_texts(300), 300):
        body = f"<p title='{html.escape(text)}'>{html.escape(HIDDEN.sub('?', text))}</p>"
        answer = HttpResponse(HIDDEN.sub("?", body), headers={"X-Content-Type-Options": "nosniff"})
        judge(found, "here", answer)
    assert found.wrong == []
    assert len(found.shown) == 300
