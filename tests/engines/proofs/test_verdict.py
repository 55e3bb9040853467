"""The first bad entry of a log, judged from entries, checkpoints and, if there is one, a list of leaf hashes."""

import dataclasses
import uuid
from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.engines.proofs import (
    Fault,
    LogEntry,
    NoteSignature,
    SigningKey,
    entry_hash,
    first_bad,
    root,
    sign_checkpoint,
)

KEY = SigningKey("log.example/audit", bytes(range(32)))
VERIFIER = KEY.verifier


def entry(index: int, words: str = "seen") -> LogEntry:
    """Return an honest entry."""
    event_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{index} {words}"))
    return LogEntry.of(index, event_id, f'{{"id":"{event_id}","verb":"{words}"}}'.encode())


def checkpoints(log, sizes):
    return [sign_checkpoint(size, root(row.hash for row in log[:size]), KEY) for size in sizes]


LOG = [entry(index) for index in range(40)]
LEAVES = [row.hash for row in LOG]
HEADS = checkpoints(LOG, [8, 16, 30])


def test_an_untouched_log_is_proven_up_to_its_last_checkpoint():
    verdict = first_bad(LOG, HEADS, VERIFIER)
    assert (verdict.ok, verdict.covered, verdict.uncovered) == (True, 30, 10)
    assert (verdict.first_bad, verdict.between, verdict.exact) == (None, None, False)
    assert first_bad(LOG, HEADS, VERIFIER, leaves=LEAVES) == verdict
    assert first_bad(LOG, HEADS[::-1], VERIFIER) == verdict


def test_a_log_without_checkpoint_is_all_uncovered_and_counted():
    verdict = first_bad(LOG, [], VERIFIER)
    assert (verdict.ok, verdict.covered, verdict.uncovered) == (True, 0, 40)
    many = [entry(index) for index in range(2048)]
    assert first_bad(many, [], VERIFIER).uncovered == 2048
    assert first_bad([], [sign_checkpoint(0, root([]), KEY)], VERIFIER).ok


def replaced(index: int, /, **changes: object) -> list[LogEntry]:
    return [*LOG[:index], dataclasses.replace(LOG[index], **changes), *LOG[index + 1 :]]


@pytest.mark.parametrize("index", [0, 7, 8, 12, 29])
@pytest.mark.parametrize("leaves", [None, LEAVES])
@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"payload": b"other"}, Fault.EVENT_ALTERED),
        ({"payload": None}, Fault.EVENT_MISSING),
        ({"event_id": str(uuid.UUID(int=0))}, Fault.EVENT_ALTERED),
        ({"hash": bytes(32)}, Fault.HASH_ALTERED),
        ({"hash": b""}, Fault.HASH_ALTERED),
        ({"index": 99}, Fault.OUT_OF_ORDER),
    ],
)
def test_a_change_in_one_place_is_named_exactly(index, leaves, changes, fault):
    verdict = first_bad(replaced(index, **changes), HEADS, VERIFIER, leaves=leaves)
    assert not verdict.ok
    assert verdict.exact
    assert (verdict.first_bad, verdict.covered, verdict.fault) == (index, index, fault)
    assert verdict.uncovered == 0
    assert verdict.reason.startswith(f"entry {index}: ")
    assert "could not be proven" not in verdict.reason


def test_an_entry_replaced_as_a_whole_is_named_exactly_by_the_second_list():
    forged = [*LOG[:12], entry(12, "forged"), *LOG[13:]]
    verdict = first_bad(forged, HEADS, VERIFIER, leaves=LEAVES)
    assert (verdict.first_bad, verdict.between, verdict.fault) == (12, (12, 13), Fault.FOREIGN)


def test_an_entry_replaced_as_a_whole_is_named_as_a_range_without_it():
    forged = [*LOG[:12], entry(12, "forged"), *LOG[13:]]
    verdict = first_bad(forged, HEADS, VERIFIER)
    assert (verdict.first_bad, verdict.between, verdict.fault) == (None, (8, 16), Fault.NOT_AS_SIGNED)
    assert (verdict.covered, verdict.uncovered, verdict.exact) == (8, 0, False)
    assert "entries 8 to 15" in verdict.reason


def test_a_missing_row_is_named_and_what_could_not_be_proven_is_said():
    verdict = first_bad(LOG[:12] + LOG[13:], HEADS, VERIFIER)
    assert (verdict.first_bad, verdict.between, verdict.fault) == (12, (8, 13), Fault.OUT_OF_ORDER)
    assert "entries 8 to 11 contradict nothing but could not be proven" in verdict.reason


def test_a_log_cut_short_of_its_checkpoint_is_missing_entries():
    assert first_bad(LOG[:20], HEADS, VERIFIER).fault is Fault.MISSING
    assert first_bad(LOG[:20], HEADS, VERIFIER, leaves=LEAVES).between == (20, 21)
    assert first_bad([], HEADS, VERIFIER).between == (0, 1)


def test_a_change_of_the_second_list_alone_is_named_and_the_entry_is_cleared():
    verdict = first_bad(LOG, HEADS, VERIFIER, leaves=[*LEAVES[:9], bytes(32), *LEAVES[10:]])
    assert (verdict.first_bad, verdict.exact, verdict.fault) == (9, True, Fault.LIST_ALTERED)
    verdict = first_bad(LOG, HEADS, VERIFIER, leaves=LEAVES[:29])
    assert (verdict.first_bad, verdict.exact, verdict.fault) == (29, True, Fault.LIST_ALTERED)


@pytest.mark.parametrize(
    ("log", "leaves", "fault"),
    [
        (replaced(35, payload=b"other"), None, Fault.EVENT_ALTERED),
        (replaced(35, payload=None), None, Fault.EVENT_MISSING),
        (LOG[:35] + LOG[36:], None, Fault.OUT_OF_ORDER),
        (LOG[:35], LEAVES, Fault.MISSING),
        (LOG, LEAVES[:35], Fault.LIST_ALTERED),
        ([*LOG[:35], entry(35, "forged"), *LOG[36:]], LEAVES, Fault.LIST_ALTERED),
    ],
)
def test_contradictions_after_the_last_checkpoint_are_seen_but_nothing_there_is_proven(log, leaves, fault):
    verdict = first_bad(log, HEADS, VERIFIER, leaves=leaves)
    assert (verdict.first_bad, verdict.between, verdict.fault) == (35, (30, 36), fault)
    assert verdict.covered == 30


def test_what_no_checkpoint_covers_can_be_rewritten_unseen_and_is_counted_as_uncovered():
    verdict = first_bad([*LOG[:39], entry(39, "forged")], HEADS, VERIFIER)
    assert (verdict.ok, verdict.covered, verdict.uncovered) == (True, 30, 10)


def test_a_log_cut_back_and_going_on_otherwise_is_shown_by_a_checkpoint_kept_elsewhere():
    rewritten = [*LOG[:16], *(entry(index, "forged") for index in range(16, 40))]
    now = checkpoints(rewritten, [8, 16, 40])
    assert first_bad(rewritten, now, VERIFIER).ok
    assert first_bad(rewritten, [*now, HEADS[2]], VERIFIER).between == (16, 30)


def test_two_logs_of_one_size_signed_by_the_key_are_told():
    other = checkpoints([entry(index, "forged") for index in range(40)], [30])
    verdict = first_bad(LOG, [*HEADS, *other], VERIFIER)
    assert (verdict.ok, verdict.fault, verdict.covered) == (False, Fault.CHECKPOINT_REFUSED, 16)
    assert verdict.reason == "the key signed two different logs of 30 entries"


def test_a_checkpoint_the_key_did_not_sign_proves_nothing_and_is_told():
    unsigned = dataclasses.replace(HEADS[2], signatures=())
    false = dataclasses.replace(HEADS[2], signatures=(NoteSignature(KEY.name, VERIFIER.key_id, bytes(64)),))
    verdict = first_bad(LOG, [*HEADS[:2], unsigned, false], VERIFIER)
    assert (verdict.fault, verdict.covered, verdict.first_bad) == (Fault.CHECKPOINT_REFUSED, 16, None)
    assert "at 30 entries" in verdict.reason
    assert "no signature" in verdict.reason


def test_a_bad_entry_is_named_even_where_a_checkpoint_is_refused():
    unsigned = dataclasses.replace(HEADS[0], signatures=())
    verdict = first_bad(replaced(10, payload=b"other"), [unsigned, *HEADS[1:]], VERIFIER)
    assert (verdict.first_bad, verdict.exact) == (10, True)


def test_two_events_of_the_same_content_have_different_hashes():
    assert entry_hash("a", b"{}") != entry_hash("b", b"{}")


INDEXES = st.integers(0, 39)


@st.composite
def edits(draw, log):
    """Return the log after one edit of rows: they keep or lose their numbers as the forger likes."""
    how = draw(st.sampled_from(["edit", "forge", "delete", "insert", "swap", "move", "double"]))
    here, there = draw(INDEXES) % len(log), draw(INDEXES) % len(log)
    rows = list(log)
    if how == "edit":
        changes = {"hash": bytes(32), "payload": b"x", "event_id": "x", "index": 77}
        name = draw(st.sampled_from(sorted(changes)))
        rows[here] = dataclasses.replace(rows[here], **{name: changes[name]})
    elif how == "forge":
        rows[here] = entry(here, "forged")
    elif how == "delete":
        del rows[here]
    elif how == "insert":
        here = draw(st.sampled_from([here, len(log)]))
        rows.insert(here, entry(here, "forged"))
    elif how == "swap":
        rows[here], rows[there] = rows[there], rows[here]
    elif how == "move":
        rows.insert(there, rows.pop(here))
    else:
        rows.insert(there, rows[here])
    if draw(st.booleans()):
        rows = [row if row.index == 77 else dataclasses.replace(row, index=n) for n, row in enumerate(rows)]
    return rows


def first_difference(ours, theirs):
    """Return the first place at which two sequences differ, by plain comparison."""
    pairs = enumerate(zip_longest(ours, theirs))
    return next((place for place, (one, other) in pairs if one != other), None)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_after_any_single_edit_exactly_the_first_bad_entry_is_named(data):
    heads = checkpoints(LOG, sorted({*data.draw(st.lists(st.integers(1, 40))), 40}))
    rows = data.draw(edits(LOG))
    expected = first_difference(LOG, rows)
    verdict = first_bad(rows, heads, VERIFIER, leaves=LEAVES)
    assert verdict.first_bad == expected
    assert verdict.exact == (expected is not None)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_after_any_number_of_edits_in_all_places_the_first_bad_entry_lies_where_it_is_said_to(data):
    heads = checkpoints(LOG, sorted({*data.draw(st.lists(st.integers(1, 40), max_size=5)), 40}))
    rows = LOG
    for _ in range(data.draw(st.integers(1, 4))):
        rows = data.draw(edits(rows))
    alike = data.draw(st.sampled_from(["nobody", "list follows entries", "no list"]))
    leaves = {"nobody": LEAVES, "list follows entries": [row.hash for row in rows], "no list": None}[alike]
    expected = first_difference(LOG, rows)
    verdict = first_bad(rows, heads, VERIFIER, leaves=leaves)
    if expected is None:
        assert verdict.ok
    elif expected >= 40:  # appended alike in all places after the last checkpoint: not covered, and said so
        assert verdict.uncovered or verdict.first_bad == 40
    else:
        assert verdict.between[0] <= expected < verdict.between[1]
        if alike == "nobody":
            assert (verdict.first_bad, verdict.exact) == (expected, True)
