"""The sequencer: every committed event has its leaf, checkpoints are signed when due, each entry can be proven."""

import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from factories.actors import investigator
from support import database as ground
from vigie.engines.proofs import SigningKey, parse_checkpoint, verify_inclusion
from vigie.kernel import context, gate, ids, ledger, sequencer
from vigie.kernel.actors import LogScope, utc_now
from vigie.kernel.ledger import canonical
from vigie.kernel.models import AuditCheckpoint, AuditEvent, AuditLeaf
from vigie.kernel.sequencer import SIGN_AFTER, SIGN_AFTER_ENTRIES
from vigie.rooms.oversight.queries import as_stored, lines

pytestmark = pytest.mark.usefixtures("database")
KEY = SigningKey.generate("test")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
UNIT = uuid.uuid4()


def write_events(count: int) -> None:
    """So many committed events, written in one statement."""
    with ground.administrator() as connection:
        connection.execute(
            "INSERT INTO audit_event (id, at, actor_kind, actor_id, unit, country, purpose, verb, outcome, reason, "
            "subject_kind, concerned, facts, policy) SELECT gen_random_uuid(), now(), 'person', gen_random_uuid(), "
            "%s, 'ALV', 'investigation', 'case:case:open', 'done', '', '', '{}', '{\"n\": 1.50}', 'p' "
            "FROM generate_series(1, %s)",
            [UNIT, count],
        )


def signed_log(count: int) -> None:
    write_events(count)
    sequencer.sequence()
    sequencer.sign(KEY, now=NOON)


def test_every_event_gets_one_leaf_in_one_row_of_places() -> None:
    write_events(7)
    assert sequencer.events_without_leaf() == 7
    assert sequencer.sequence() == 7
    assert sequencer.sequence() == 0
    assert sequencer.events_without_leaf() == 0
    places = AuditLeaf.objects.using("auditor").order_by("index").values_list("index", flat=True)
    assert list(places) == list(range(7))


def test_more_than_a_batch_is_appended_and_read_back_whole() -> None:
    write_events(4001)
    assert sequencer.sequence() == 4001
    sequencer.sign(KEY, now=NOON)
    entries = list(as_stored.entries())
    assert [entry.index for entry in entries] == list(range(4001))
    assert len(list(as_stored.leaves())) == 4001
    verdict = as_stored.verify(KEY.verifier)
    assert verdict.ok
    assert verdict.covered == 4001


def test_a_checkpoint_names_the_size_and_the_next_one_goes_on_from_it() -> None:
    signed_log(5)
    signed_log(3)
    first, second = as_stored.checkpoints()
    assert (first.size, second.size) == (5, 8)
    rows = AuditCheckpoint.objects.using("auditor").order_by("size")
    assert [len(bytes(row.leaves)) // 32 for row in rows] == [5, 3]
    assert as_stored.verify(KEY.verifier).covered == 8


def test_nothing_new_is_not_signed_again() -> None:
    assert sequencer.sign(KEY, now=NOON) is None
    signed_log(2)
    assert sequencer.sign(KEY, now=NOON) is None
    assert len(as_stored.checkpoints()) == 1


def test_the_log_is_signed_after_a_minute_or_a_thousand_entries() -> None:
    assert sequencer.sign_when_due(KEY, now=NOON) is None
    write_events(1)
    sequencer.sequence()
    assert sequencer.sign_when_due(KEY, now=NOON) is not None  # the first one at once
    assert sequencer.sign_when_due(KEY, now=NOON + timedelta(days=1)) is None  # nothing came
    write_events(1)
    sequencer.sequence()
    just_before = NOON + SIGN_AFTER - timedelta(microseconds=1)
    assert sequencer.sign_when_due(KEY, now=just_before) is None
    assert sequencer.sign_when_due(KEY, now=NOON - SIGN_AFTER + timedelta(seconds=1)) is None
    assert sequencer.sign_when_due(KEY, now=NOON + SIGN_AFTER) is not None
    write_events(SIGN_AFTER_ENTRIES - 1)
    sequencer.sequence()
    assert sequencer.sign_when_due(KEY, now=NOON + SIGN_AFTER) is None
    write_events(1)
    sequencer.sequence()
    assert sequencer.sign_when_due(KEY, now=NOON + SIGN_AFTER) is not None


def test_every_covered_entry_can_be_proven_by_whoever_may_see_it() -> None:
    signed_log(6)
    reader = investigator(log_scope=LogScope.UNIT, unit=UNIT)
    with context.acting_as(reader, clock=utc_now):
        root = parse_checkpoint(AuditCheckpoint.objects.get().note).root
        for event in AuditEvent.objects.all():
            found = lines.proof_of(event.id)
            assert found is not None
            index, size, hashes = found
            leaf = bytes(AuditLeaf.objects.get(event_id=event.id).hash)
            assert verify_inclusion(leaf, index, size, hashes, root)


def test_an_entry_not_covered_yet_has_no_proof() -> None:
    def proof(event_id: uuid.UUID) -> object:
        with context.acting_as(investigator(), clock=utc_now):
            return lines.proof_of(event_id)

    write_events(1)
    [event] = AuditEvent.objects.using("auditor").all()
    assert proof(event.id) is None  # no leaf
    sequencer.sequence()
    assert proof(event.id) is None  # no checkpoint
    sequencer.sign(KEY, now=NOON)
    assert proof(event.id) is not None
    write_events(1)
    sequencer.sequence()
    late = AuditEvent.objects.using("auditor").exclude(id=event.id).get()
    assert proof(late.id) is None  # behind the last checkpoint
    assert proof(uuid.uuid4()) is None


def test_a_log_signed_with_another_key_is_not_believed() -> None:
    signed_log(2)
    assert not as_stored.verify(SigningKey.generate("test").verifier).ok


def test_an_events_bytes_are_its_columns_in_order_and_the_same_after_every_reading() -> None:
    write_events(1)
    first, second = (AuditEvent.objects.using("auditor").get() for _ in range(2))
    assert canonical(first) == canonical(second)
    text = canonical(first).decode()
    assert text.index('"actor_id"') < text.index('"at"') < text.index('"verb"')
    assert f'"unit":"{UNIT}"' in text
    assert '"subject_id":null' in text
    assert '"concerned":[]' in text
    assert first.at.astimezone(UTC).isoformat(timespec="microseconds") in text
    assert ", " not in text


@pytest.mark.parametrize("events", [40, pytest.param(1_000, marks=pytest.mark.faults)])
def test_clocks_that_are_set_by_an_hour_reorder_nothing_in_the_log(
    monkeypatch: pytest.MonkeyPatch, events: int
) -> None:
    """Ids hold a clock: those of a machine that is an hour off sort before or behind what was written around them."""
    chance, written = random.Random(10), []
    actor = investigator()
    places: dict[uuid.UUID, int] = {}
    for number in range(events):
        skew = chance.choice([-3600, 0, 0, 3600])
        moment = NOON + timedelta(seconds=number / 10 + skew)
        monkeypatch.setattr(ids.time, "time_ns", lambda at=moment: int(at.timestamp() * 1e9))
        with context.acting_as(actor, clock=lambda at=moment: at), gate.opened():  # type: ignore[misc]
            entry = ledger.Entry(actor=actor, verb="case:case:read", outcome=ledger.Outcome.DONE, at=moment)
            written.append(ledger.append(entry))
        if chance.random() < 0.3:
            sequencer.sequence()
            sequencer.sign_when_due(KEY, now=moment)
            now = {leaf.event_id: leaf.index for leaf in AuditLeaf.objects.using("auditor").all()}
            assert places.items() <= now.items()
            places = now
    sequencer.sequence()
    sequencer.sign(KEY, now=NOON)
    leaves = AuditLeaf.objects.using("auditor").order_by("index").values_list("event_id", flat=True)
    assert list(leaves) == written
    verdict = as_stored.verify(KEY.verifier)
    assert (verdict.ok, verdict.covered) == (True, events)


def test_a_clock_set_back_delays_no_signature() -> None:
    signed_log(1)
    write_events(1)
    sequencer.sequence()
    assert sequencer.sign_when_due(KEY, now=NOON - timedelta(hours=1)) is not None
