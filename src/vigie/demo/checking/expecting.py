"""What must come, read from the drawn set's `expected.json`, and what did; compared row by row. Pure but for the reading."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vigie.demo.plan import ExpectedAnswer, ExpectedRefusal


@dataclass(frozen=True)
class Expected:
    """The content of `expected.json`, with the SHA-256 (hexadecimal) of every file it names."""

    answers: tuple[ExpectedAnswer, ...]
    refusals: tuple[ExpectedRefusal, ...]
    new: tuple[str, ...]
    own: tuple[str, ...]
    digests: Mapping[str, str]


@dataclass(frozen=True)
class SeenAnswer:
    """One answer as the asker's unit sees it; owners by their unit's code, the other item by its SHA-256."""

    level: str
    owner_unit: str
    desk: str
    by: str = ""
    variant: str = ""
    distance: int | None = None
    other: str = ""
    series: int = 0

    @property
    def describes(self) -> bool:
        """True when anything but the owner's contact is said."""
        return bool(self.by or self.variant or self.other or self.series) or self.distance is not None


@dataclass(frozen=True)
class SeenNotice:
    """One notice as an owner's unit sees it: which item (SHA-256) was asked about, and what the asker was told."""

    owner_unit: str
    item: str
    level: str


@dataclass(frozen=True)
class Seen:
    """What came: answers and refusals by the SHA-256 (hexadecimal) of the file, and the owners' notices."""

    answers: Mapping[str, tuple[SeenAnswer, ...]] = field(default_factory=dict)
    notices: frozenset[SeenNotice] = frozenset()
    refusals: Mapping[str, str] = field(default_factory=dict)
    known: int = 0
    """How many files did not have to be sent."""


@dataclass(frozen=True)
class Row:
    """One line of the check: what was expected of a file, what came, and what is missing (empty when nothing is)."""

    about: str
    file: str
    expected: str
    missing: str

    @property
    def came(self) -> bool:
        """True when nothing is missing."""
        return not self.missing


def read_expected(pictures: Path) -> Expected:
    """What handing in the drawn set's incoming exhibit must give."""
    kept = json.loads((pictures / "expected.json").read_text(encoding="utf-8"))
    answers = tuple(ExpectedAnswer(**each) for each in kept["answers"])
    refusals = tuple(ExpectedRefusal(each["file"], tuple(each["codes"])) for each in kept["refused"])
    own = tuple(each["file"] for each in kept["own"])
    named = {
        *kept["new"],
        *(r.file for r in refusals),
        *(a.file for a in answers),
        *(a.copy_of for a in answers),
    }
    digests = {path: _sha256(pictures / path) for path in sorted(named)}
    return Expected(answers, refusals, tuple(kept["new"]), own, digests)


def notices_wanted(expected: Expected) -> frozenset[SeenNotice]:
    """What the owners must be told, silent answers included: nobody is asked about without hearing of it."""
    return frozenset(
        SeenNotice(each.owner_unit, expected.digests[each.copy_of], each.level) for each in expected.answers
    )


def compare(expected: Expected, seen: Seen, desks: Mapping[str, str]) -> tuple[Row, ...]:
    """Every expectation with what is missing from it; `desks` holds each unit's contact by its code."""
    return (
        *(row for answer in expected.answers for row in _answer_rows(answer, expected, seen, desks)),
        *(_nothing_row("new", path, seen.answers.get(expected.digests[path], ())) for path in expected.new),
        _known_row(len(expected.own), seen.known),
        *(
            _refusal_row(refusal, seen.refusals.get(expected.digests[refusal.file]))
            for refusal in expected.refusals
        ),
    )


def _answer_rows(
    answer: ExpectedAnswer, expected: Expected, seen: Seen, desks: Mapping[str, str]
) -> Iterable[Row]:
    came = seen.answers.get(expected.digests[answer.file], ())
    copy = expected.digests[answer.copy_of]
    if answer.level == "silent":
        yield _nothing_row(f"silent, {answer.owner_unit}", answer.file, came)
    elif answer.level == "contact_only":
        missing = _contact_missing(answer, came, desks.get(answer.owner_unit, ""))
        yield Row("contact only", answer.file, f"{answer.owner_unit}, nothing but its desk", missing)
    else:
        wanted = f"{answer.owner_unit}, by {answer.by}, {answer.variant}, at most {answer.max_distance} bits"
        yield Row("full", answer.file, wanted, _full_missing(answer, came, copy))
    told = SeenNotice(answer.owner_unit, copy, answer.level) in seen.notices
    missing = "" if told else f"{answer.owner_unit} was not told that its item was asked about"
    yield Row("told", answer.file, f"{answer.owner_unit} has a notice ({answer.level})", missing)


def _full_missing(answer: ExpectedAnswer, came: tuple[SeenAnswer, ...], copy: str) -> str:
    full = [one for one in came if one.level == "full" and one.owner_unit == answer.owner_unit]
    same = [one for one in full if one.other == copy]
    if not same:
        return (
            "no answer in full from this owner" if not full else "the held picture is not among the answers"
        )
    one = same[0]
    if one.by != answer.by:
        return f"answered by {one.by or 'nothing'}"
    if answer.by == "pdq" and one.variant != answer.variant:
        return f"turned as {one.variant or 'nothing'}"
    if (one.distance or 0) > answer.max_distance:
        return f"{one.distance} bits apart"
    return ""


def _contact_missing(answer: ExpectedAnswer, came: tuple[SeenAnswer, ...], desk: str) -> str:
    theirs = [one for one in came if one.owner_unit == answer.owner_unit]
    if not theirs:
        return "no answer from this owner"
    if any(one.level != "contact_only" for one in theirs):
        return "more was answered than the owner allows"
    if any(one.describes for one in theirs):
        return "the answer describes what its owner keeps to itself"
    return "" if theirs[0].desk == desk and desk else f"the contact is {theirs[0].desk or 'empty'}"


def _nothing_row(about: str, path: str, came: tuple[SeenAnswer, ...]) -> Row:
    owners = ", ".join(sorted({one.owner_unit for one in came}))
    return Row(about, path, "nothing at all", f"an answer from {owners}" if came else "")


def _known_row(wanted: int, known: int) -> Row:
    """Fewer means that own files travel in vain; more would tell the asker what others hold."""
    missing = "" if known == wanted else f"{known} files were known"
    return Row("known", "incoming", f"{wanted} files need not be sent", missing)


def _refusal_row(refusal: ExpectedRefusal, code: str | None) -> Row:
    wanted = " or ".join(refusal.codes)
    missing = "" if code in refusal.codes else f"refused as {code}" if code else "it was not refused"
    return Row("refused", refusal.file, wanted, missing)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
