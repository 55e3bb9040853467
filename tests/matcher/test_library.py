"""Whatever the order of changes, crashes and restarts, the library answers as a plain list of records would."""

import contextlib
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from vigie.backends.known import By, Claim, Claimed
from vigie.engines.digest_tables import DigestsRefused
from vigie.kernel.policy import Audience, Viewer, Visibility
from vigie.matcher import names as names_module
from vigie.matcher import wishes as wishes_module
from vigie.matcher.asking import of_claim
from vigie.matcher.building import build
from vigie.matcher.hits import Hit, by_digest
from vigie.matcher.library import Library
from vigie.matcher.records import Record, Sealer
from vigie.matcher.searching import search
from vigie.matcher.wishes import Wishes

FILES = [f"file {number}".encode() for number in range(4)]
CODES = [bytes([number]) * 16 + hashlib.md5(bytes([number])).digest() for number in range(3)]
UNITS = [
    Visibility(uuid.UUID(int=1), "ALV"),
    Visibility(uuid.UUID(int=2), "BOR", audience=Audience.COMMUNITY),
]
IDS = [uuid.uuid5(uuid.NAMESPACE_OID, str(number)) for number in range(8)]


def record(
    place: int, file: int, code: int | None, *, unit: int = 0, state: str = "", frame: int = -1
) -> Record:
    data = FILES[file]
    return Record(
        id=IDS[place],
        content=IDS[place],
        public_id=IDS[place],
        frame_ms=frame,
        sha256=hashlib.sha256(data).digest(),
        sha1=hashlib.sha1(data).digest(),
        md5=hashlib.md5(data).digest(),
        size=len(data),
        pdq=None if code is None else CODES[code],
        quality=80,
        sealed=state == "sealed",
        withdrawn=state == "withdrawn",
        visibility=UNITS[unit],
    )


RECORDS = st.builds(
    record,
    st.integers(0, len(IDS) - 1),
    st.integers(0, len(FILES) - 1),
    st.sampled_from([None, 0, 1, 2]),
    unit=st.integers(0, 1),
    state=st.sampled_from(["", "", "", "sealed", "withdrawn"]),
    frame=st.sampled_from([-1, -1, 4000]),
)


class Crash(BaseException):
    """The process ends here."""


class LibraryMachine(RuleBasedStateMachine):
    """The truth as a dictionary, what of it is not followed yet, and the library that follows."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.patch = patch
        self.folder = Path(tempfile.mkdtemp(prefix="vigie-library-"))
        self.truth: dict[uuid.UUID, Record] = {}
        self.library = build(self.folder / "1", [], "0")
        self.followed = 0
        self.changes: list[set[uuid.UUID]] = []

    def teardown(self) -> None:
        self.library.close()
        shutil.rmtree(self.folder)

    @rule(records=st.lists(RECORDS, max_size=5))
    def change(self, records: list[Record]) -> None:
        self.truth |= {one.id: one for one in records}
        self.changes.append({one.id for one in records})
        self.follow()

    def follow(self) -> None:
        since = int(self.library.cursor)
        changed = set[uuid.UUID]().union(*self.changes[since:])
        now = [self.truth[one] for one in changed if one in self.truth]
        self.library.follow([now[:1], now[1:]], lambda: str(len(self.changes)))

    @rule(places=st.lists(st.integers(0, len(IDS) - 1), max_size=3))
    def lose(self, places: list[int]) -> None:
        for place in places:
            self.truth.pop(IDS[place], None)
        self.library.erase([], [IDS[place] for place in places])

    @rule()
    def erase_withdrawn(self) -> None:
        self.library.erase_withdrawn()

    @rule()
    def restart(self) -> None:
        self.library.close()
        self.library = Library.open(self.folder / "1")
        self.follow()

    @rule(records=st.lists(RECORDS, min_size=1, max_size=5), after=st.integers(0, 14))
    def crash(self, records: list[Record], after: int) -> None:
        """The process dies after some syncs of a change, and another goes on from the cursor on file."""
        calls = 0

        def dying(descriptor: int) -> None:
            nonlocal calls
            calls += 1
            if calls > after:
                raise Crash

        with self.patch.context() as patch, contextlib.suppress(Crash):
            patch.setattr(os, "fdatasync", dying)
            self.change(records)
        self.restart()

    def fetch(self, ids: Sequence[uuid.UUID]) -> list[Record]:
        return [self.truth[one] for one in ids if one in self.truth]

    @invariant()
    def answers_as_a_list(self) -> None:
        claims = [Claimed(sha256=hashlib.sha256(data).digest()) for data in FILES]
        claims += [Claimed(md5=hashlib.md5(data).digest(), size=len(data)) for data in FILES]
        claims += [Claimed(pdq=code) for code in CODES]
        rows = self.truth.values()
        expected = [
            {one.id for one in rows if one.answers_by_digest and one.sha256 == hashlib.sha256(data).digest()}
            for data in FILES
        ]
        expected += expected
        expected += [{one.id for one in rows if one.searchable == code} for code in CODES]
        found = search(self.library, [of_claim(one) for one in claims], self.fetch)
        assert [{hit.record.id for hit in hits} for hits in found] == expected
        assert list(self.library.faults(rows)) == []
        assert len(self.library) == len(self.truth)


def test_any_sequence_of_changes_answers_as_a_plain_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fsync", "fdatasync"):  # what a power cut costs is the engines' to show; here a process dies
        monkeypatch.setattr(os, name, lambda descriptor: None)
    run_state_machine_as_test(
        partial(LibraryMachine, monkeypatch),
        settings=settings(max_examples=15, stateful_step_count=15, deadline=None),
    )


def test_a_library_built_at_once_equals_one_that_followed(tmp_path: Path) -> None:
    records = [record(place, place % 4, place % 3, unit=place % 2) for place in range(8)]
    with contextlib.closing(build(tmp_path / "1", [records[:3], [], records[3:]], "here")) as library:
        assert library.cursor == "here"
        assert list(library.faults(records)) == []
        assert len(library.codes) == 8
        assert {path.suffix for path in (tmp_path / "1").iterdir()} == {""}, "nothing is left of the spool"


def test_a_build_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    def broken() -> list[Record]:
        raise OSError("the database is gone")

    with pytest.raises(OSError, match="gone"):
        build(tmp_path / "1", (broken() for _ in range(1)), "")
    assert not (tmp_path / "1").exists()


def test_a_seal_stands_for_everything_a_row_says() -> None:
    one = record(0, 0, 0)
    other = uuid.uuid4()
    changes: list[dict[str, object]] = [
        {"content": other},
        {"public_id": other},
        {"frame_ms": 5},
        {"sha256": bytes(32)},
        {"sha1": bytes(20)},
        {"md5": bytes(16)},
        {"size": 9},
        {"pdq": None},
        {"quality": 51},
        {"sealed": True},
        {"withdrawn": True},
        {"visibility": UNITS[1]},
    ]
    seals = {Sealer().seal(one._replace(**change)) for change in changes}  # type: ignore[arg-type]
    assert len(seals | {Sealer().seal(one)}) == len(changes) + 1
    assert Sealer().seal(one) == Sealer().seal(one._replace(id=other))
    listed = [
        Visibility(other, "ALV", listed=frozenset(names)) for names in (("a", "b", "c"), ("c", "b", "a"))
    ]
    assert len({Sealer().seal(one._replace(visibility=wish)) for wish in listed}) == 1


def test_wishes_are_numbered_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "wishes"
    wishes = Wishes.create(path)
    assert wishes.groups_of([UNITS[1], UNITS[0], UNITS[1]]).tolist() == [1, 2, 1]
    assert Wishes.open(path).groups_of([UNITS[0], UNITS[1]]).tolist() == [2, 1]


def test_wishes_past_the_last_group_are_decided_row_by_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes_module, "GROUPS", 2)
    assert Wishes.create(tmp_path / "wishes").groups_of(UNITS).tolist() == [1, 0]


def test_only_owners_who_would_neither_answer_nor_be_told_are_left_out(tmp_path: Path) -> None:
    wishes = Wishes.create(tmp_path / "wishes")
    shared, kept = UNITS[1], Visibility(uuid.UUID(int=3), "CAS")
    wishes.groups_of([shared, kept])
    viewer = Viewer(uuid.UUID(int=1), "ALV")
    assert wishes.answering(viewer, None) is None
    assert wishes.answering(viewer, Visibility(viewer.unit, "ALV")) is None
    asked = wishes.answering(viewer, Visibility(viewer.unit, "ALV", excluded=frozenset({"BOR", "CAS"})))
    assert asked is not None
    assert asked[:4].tolist() == [True, True, False, True], "who shares answers; who does not is not asked"


@pytest.mark.parametrize("content", [b"", b"[]\nwrong\n", b"[]\n"])
def test_a_changed_file_of_wishes_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "wishes").write_bytes(content)
    with pytest.raises(DigestsRefused, match="wishes"):
        Wishes.open(tmp_path / "wishes")


def test_what_a_posting_promised_is_asked_of_the_row_as_it_is_now() -> None:
    now = record(0, 0, 0)
    digest = hashlib.sha256(FILES[0]).digest()
    assert by_digest(now, Claimed(sha256=digest)) == Hit(now, By.SHA256, None, 0)
    assert by_digest(now, Claimed(sha256=bytes(32))) is None
    assert by_digest(now, Claimed(md5=now.md5, size=now.size + 1)) is None
    assert by_digest(now, Claimed(md5=bytes(16), size=now.size)) is None
    assert by_digest(now._replace(withdrawn=True), Claimed(sha256=digest)) is None


def test_a_weak_digest_says_identical_with_the_size_and_resembles_without() -> None:
    now = record(0, 0, 0)
    said = [by_digest(now, Claimed(md5=now.md5, sha1=now.sha1, size=size)) for size in (now.size, None)]
    assert [(hit.by, hit.claim) for hit in said if hit is not None] == [
        (By.MD5_AND_SHA1, Claim.IDENTICAL),
        (By.MD5_AND_SHA1, Claim.RESEMBLES),
    ]
    assert by_digest(now, Claimed(sha256=bytes(32), md5=now.md5)) is None, "a collision somebody made"


def test_a_library_grows_past_its_first_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names_module, "_STEP", 2)
    with contextlib.closing(Library.create(tmp_path / "1")) as library:
        for place in range(8):
            library.put([record(place, place % 4, place % 3)])
    with contextlib.closing(Library.open(tmp_path / "1")) as library:
        assert list(library.faults(record(place, place % 4, place % 3) for place in range(8))) == []
        assert library.names.last == 8
