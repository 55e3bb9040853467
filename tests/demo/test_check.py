"""`vigie demo --check`: every planted answer must come, and any that does not is named."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from demo.demonstration import Demonstration, copied_home, demonstration, environment, lines_of, vigie
from support.system import free_port
from vigie.config.home import Home
from vigie.demo.checking.__main__ import as_document, as_table
from vigie.demo.checking.expecting import Expected, Row, Seen, SeenAnswer, SeenNotice, compare, notices_wanted
from vigie.demo.plan import ExpectedAnswer, make_plan

PLAN = make_plan(1, "small")
DESKS = {unit.key: unit.desk for unit in PLAN.units}
NEW = tuple(file.path for file in PLAN.incoming.files if file.kind in ("new", "clip"))
OWN = tuple(file.path for file in PLAN.incoming.files if file.kind == "own")


def digest(path: str) -> str:
    return f"sha256 of {path}"


def expected() -> Expected:
    named = {*NEW, *(r.file for r in PLAN.refusals), *(p for a in PLAN.answers for p in (a.file, a.copy_of))}
    return Expected(PLAN.answers, PLAN.refusals, NEW, OWN, {path: digest(path) for path in named})


def answer_to(answer: ExpectedAnswer) -> SeenAnswer:
    desk = DESKS[answer.owner_unit]
    if answer.level == "contact_only":
        return SeenAnswer("contact_only", answer.owner_unit, desk)
    exact = answer.by == "sha256"
    return SeenAnswer(
        "full",
        answer.owner_unit,
        desk,
        by=answer.by,
        variant="" if exact else answer.variant,
        distance=None if exact else 12,
        other=digest(answer.copy_of),
        series=1,
    )


def everything() -> Seen:
    """What a system without a fault shows."""
    return Seen(
        answers={digest(a.file): (answer_to(a),) for a in PLAN.answers if a.level != "silent"},
        notices=notices_wanted(expected()),
        refusals={digest(r.file): r.codes[0] for r in PLAN.refusals},
        known=len(OWN),
    )


def missing(seen: Seen) -> list[tuple[str, str]]:
    return [(row.about, row.file) for row in compare(expected(), seen, DESKS) if not row.came]


def planted(level: str, by: str) -> ExpectedAnswer:
    return next(a for a in PLAN.answers if a.level == level and a.by == by)


def with_answer(answer: ExpectedAnswer, change: Callable[[SeenAnswer], SeenAnswer | None]) -> Seen:
    seen = everything()
    changed = change(seen.answers.get(digest(answer.file), (answer_to(answer),))[0])
    rest = {file: found for file, found in seen.answers.items() if file != digest(answer.file)}
    return dataclasses.replace(seen, answers=rest | ({digest(answer.file): (changed,)} if changed else {}))


def test_a_system_without_a_fault_passes() -> None:
    rows = compare(expected(), everything(), DESKS)
    assert all(row.came for row in rows)
    assert len(rows) == 2 * len(PLAN.answers) + len(NEW) + 1 + len(PLAN.refusals)
    assert {a.level for a in PLAN.answers} == {"full", "contact_only", "silent"}


CONTACT, EXACT, NEAR, SILENT = (
    planted("contact_only", "pdq"),
    planted("full", "sha256"),
    planted("full", "pdq"),
    planted("silent", "pdq"),
)


@pytest.mark.parametrize(
    ("about", "answer", "change"),
    [
        ("full", EXACT, lambda one: None),
        ("full", EXACT, lambda one: dataclasses.replace(one, by="pdq")),
        ("full", EXACT, lambda one: dataclasses.replace(one, level="contact_only", by="", other="")),
        ("full", NEAR, lambda one: dataclasses.replace(one, variant="rotate90")),
        ("full", NEAR, lambda one: dataclasses.replace(one, distance=32)),
        ("full", NEAR, lambda one: dataclasses.replace(one, other=digest("another"))),
        ("full", NEAR, lambda one: dataclasses.replace(one, owner_unit="cas-ncb")),
        ("contact only", CONTACT, lambda one: None),
        ("contact only", CONTACT, lambda one: dataclasses.replace(one, level="full")),
        ("contact only", CONTACT, lambda one: dataclasses.replace(one, distance=9)),
        ("contact only", CONTACT, lambda one: dataclasses.replace(one, variant="original")),
        ("contact only", CONTACT, lambda one: dataclasses.replace(one, other=digest("held"))),
        ("contact only", CONTACT, lambda one: dataclasses.replace(one, series=1)),
        ("contact only", CONTACT, lambda one: dataclasses.replace(one, desk="officer@cassen.example")),
        (f"silent, {SILENT.owner_unit}", SILENT, lambda one: one),
        (
            f"silent, {SILENT.owner_unit}",
            SILENT,
            lambda one: SeenAnswer("contact_only", one.owner_unit, one.desk),
        ),
    ],
)
def test_an_answer_that_differs_in_anything_is_named(
    about: str, answer: ExpectedAnswer, change: Callable[[SeenAnswer], SeenAnswer | None]
) -> None:
    assert missing(with_answer(answer, change)) == [(about, answer.file)]


@pytest.mark.parametrize("answer", PLAN.answers, ids=lambda answer: answer.file)
def test_an_owner_who_was_not_told_is_named(answer: ExpectedAnswer) -> None:
    seen = everything()
    untold = SeenNotice(answer.owner_unit, digest(answer.copy_of), answer.level)
    same = {a.file for a in PLAN.answers if (a.copy_of, a.level) == (answer.copy_of, answer.level)}
    found = missing(dataclasses.replace(seen, notices=seen.notices - {untold}))
    assert found == [("told", a.file) for a in PLAN.answers if a.file in same]


def test_a_notice_that_says_more_was_answered_than_was_is_none() -> None:
    seen = everything()
    told = next(one for one in seen.notices if one.level == "silent")
    wrong = seen.notices - {told} | {dataclasses.replace(told, level="full")}
    assert {about for about, _ in missing(dataclasses.replace(seen, notices=wrong))} == {"told"}


def test_an_answer_about_something_nobody_holds_is_named() -> None:
    seen = everything()
    more = {**seen.answers, digest(NEW[0]): (SeenAnswer("contact_only", "cas-ncb", DESKS["cas-ncb"]),)}
    assert missing(dataclasses.replace(seen, answers=more)) == [("new", NEW[0])]


@pytest.mark.parametrize("known", [len(OWN) - 1, len(OWN) + 1])
def test_files_known_too_few_or_too_many_are_named(known: int) -> None:
    assert missing(dataclasses.replace(everything(), known=known)) == [("known", "incoming")]


@pytest.mark.parametrize("code", ["", "too_slow"])
def test_a_broken_file_without_its_code_is_named(code: str) -> None:
    seen = everything()
    refusals = {file: found for file, found in seen.refusals.items() if file != digest(PLAN.refusals[0].file)}
    if code:
        refusals[digest(PLAN.refusals[0].file)] = code
    assert missing(dataclasses.replace(seen, refusals=refusals)) == [("refused", PLAN.refusals[0].file)]


def test_the_table_and_the_document_say_what_is_missing() -> None:
    rows = (Row("full", "a.jpg", "an answer", ""), Row("told", "a.jpg", "a notice", "nobody was told"))
    assert as_table(rows).splitlines() == [
        "ok       full  a.jpg  an answer",
        "MISSING  told  a.jpg  a notice   nobody was told",
        "Missing: 1 of 2.",
    ]
    assert as_table(rows[:1]).splitlines()[-1] == "Everything came: 1 of 1."
    document = json.loads(as_document(rows))
    assert (document["complete"], document["rows"][1]["missing"]) == (False, "nobody was told")


def broken(running: Demonstration, change: Callable[[dict[str, Any]], None]) -> list[dict[str, str]]:
    """The rows that fail when something else is expected."""
    place = running.home.root / "pictures" / "expected.json"
    whole = place.read_text(encoding="utf-8")
    wanted = json.loads(whole)
    change(wanted)
    place.write_text(json.dumps(wanted), encoding="utf-8")
    try:
        done = running.check()
    finally:
        place.write_text(whole, encoding="utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    return [row for row in lines_of(done) if not row["came"]]


@pytest.mark.timeout(1500)
def test_in_a_running_demonstration_everything_comes_and_another_expectation_fails() -> None:
    with copied_home() as home, demonstration(home) as running:
        for _ in range(2):  # the second time nothing is handed in again
            done = running.check()
            assert done.returncode == 0, done.stdout + done.stderr
            assert json.loads(done.stdout)["complete"] is True
        assert vigie(home, "demo", "--check", "--port", str(running.port)).stdout.endswith("of 33.\n")

        def change(wanted: dict[str, Any]) -> None:
            by_file = {answer["file"]: answer for answer in wanted["answers"]}
            by_file[NEAR.file]["variant"] = "rotate90"
            by_file[CONTACT.file]["owner_unit"] = "cas-hotline"
            by_file[SILENT.file]["level"] = "contact_only"
            wanted["refused"][0]["codes"] = ["too_large"]
            wanted["own"].pop()

        failed = {(row["about"], row["file"]) for row in broken(running, change)}
        assert failed == {
            ("full", NEAR.file),
            ("contact only", CONTACT.file),
            ("told", CONTACT.file),
            ("contact only", SILENT.file),
            ("told", SILENT.file),
            ("known", "incoming"),
            ("refused", PLAN.refusals[0].file),
        }


TIGHTEN = """
import sys
from vigie.config.environment import choose_django_settings
choose_django_settings()
import django; django.setup()
from vigie.demo.preparing.directory import actor_of
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.cases.queries import exhibit_by_reference
from vigie.rooms.media.operations import tighten_visibility
from vigie.rooms.media.queries import contents_of_exhibit
mirela = actor_of("mirela", utc_now)
with act_as(mirela, clock=utc_now):
    exhibit = exhibit_by_reference(mirela, sys.argv[1], "E-1")
    for content in contents_of_exhibit(mirela, exhibit.public_id).contents:
        tighten_visibility(
            mirela, content.public_id, audience=Audience.COUNTRY, answer_outside=AnswerOutside.SILENT
        )
"""


def run_in(home: Home, program: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment(home),
        check=True,
        timeout=120,
    )


@pytest.mark.timeout(1500)
def test_an_owner_who_closes_its_pictures_before_the_hand_in_makes_the_check_fail() -> None:
    harbour = next(case for case in PLAN.cases if case.exhibits[0].series == "harbour")
    planted_there = {a.file for a in PLAN.answers if "/harbour/" in a.copy_of}
    assert len(planted_there) == 2
    with copied_home() as home, demonstration(home) as running:
        run_in(home, TIGHTEN, harbour.reference)
        done = running.check()
        assert done.returncode == 1
        failed = {(row["about"], row["file"]) for row in lines_of(done) if not row["came"]}
        assert failed == {(about, file) for about in ("full", "told") for file in planted_there}


@pytest.mark.timeout(1500)
def test_the_check_starts_a_demonstration_where_none_runs_and_stops_it_again() -> None:
    with copied_home() as home:
        done = vigie(home, "demo", "--check", "--json", "--no-progress", "--port", str(free_port()))
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["complete"] is True
        assert "postgres: stopped" in done.stderr
