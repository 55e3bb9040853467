"""The answer's arithmetic: how often the policy is asked, and codes nobody can trace back."""

import hashlib
import uuid
from typing import Any

import pytest

from factories.matching import asker, unit_of
from vigie.backends.known import By
from vigie.kernel import policy
from vigie.kernel.policy import AnswerOutside, Visibility
from vigie.matcher import answering
from vigie.matcher.answering import Asked, Keys, judge, padding
from vigie.matcher.hits import Hit
from vigie.matcher.records import Record


def record(visibility: Visibility) -> Record:
    digest = hashlib.sha256(uuid.uuid4().bytes).digest()
    return Record(
        id=uuid.uuid4(),
        content=uuid.uuid4(),
        public_id=uuid.uuid4(),
        frame_ms=-1,
        sha256=digest,
        sha1=digest[:20],
        md5=digest[:16],
        size=1,
        pdq=None,
        quality=0,
        sealed=False,
        withdrawn=False,
        visibility=visibility,
    )


def silent() -> Hit:
    wish = Visibility(uuid.uuid4(), "BOR", answer_outside=AnswerOutside.SILENT)
    return Hit(record(wish), By.SHA256, None, 0)


@pytest.mark.parametrize(
    ("hits", "calls"), [(0, 1), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (8, 8), (9, 16), (1000, 1024)]
)
def test_the_policy_is_asked_a_power_of_two_times(
    hits: int, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def counting(*arguments: Any) -> policy.Answer:
        asked.append(arguments)
        return policy.match_answer(*arguments)

    monkeypatch.setattr(answering, "match_answer", counting)
    own = [record(Visibility(uuid.uuid4(), "ALV"))]
    judge(asker(unit_of("ALV")), Asked(uuid.uuid4(), own, None), [silent() for _ in range(hits)], Keys(b"k"))
    assert len(asked) == 2 * calls, "once for the asker and once for what the owner hears of its item"
    asked.clear()
    assert hits + padding(hits) == calls
    judged = judge(
        asker(unit_of("ALV")), Asked(uuid.uuid4(), [], None), [silent() for _ in range(hits)], Keys(b"k")
    )
    assert judged.answers.answers == ()
    assert len(judged.deliveries) == hits
    assert len(asked) == calls


def test_codes_depend_on_the_secret_and_on_every_part() -> None:
    unit, asked, holder = uuid.uuid4(), uuid.uuid4().bytes, uuid.uuid4()
    codes = {
        Keys(b"one").answer(unit, asked, holder),
        Keys(b"two").answer(unit, asked, holder),
        Keys(b"one").answer(uuid.uuid4(), asked, holder),
        Keys(b"one").answer(unit, uuid.uuid4().bytes, holder),
        Keys(b"one").answer(unit, asked, uuid.uuid4()),
    }
    assert len(codes) == 5
    assert Keys(b"one").answer(unit, asked, holder) in codes
    assert Keys(b"one").pair(asked, holder) == Keys(b"one").pair(holder.bytes, uuid.UUID(bytes=asked))
    assert Keys(b"one").pair(asked, holder) != Keys(b"two").pair(asked, holder)
