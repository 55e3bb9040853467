"""The index files outlive the process: followed by cursor, made anew when they or the database are not what they were."""

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from factories.matching import File, Held, asker, change, hold, random_code, unit_of
from support import database
from vigie.backends.known import Change, Item, ItemAnswers, Verification
from vigie.backends.known.requests import Answers, DeleteRequest, Failure, RangeRequest, VerifyRequest
from vigie.backends.known.wire import fresh_nonce
from vigie.engines.digest_tables import DigestsRefused
from vigie.engines.nearest.files import SnapshotRefused
from vigie.engines.nearest.scattering import scattered
from vigie.kernel.policy import Audience
from vigie.matcher import truth as truth_module
from vigie.matcher.answering import Keys
from vigie.matcher.building import current
from vigie.matcher.cli import rebuild_index
from vigie.matcher.gate import Gate
from vigie.matcher.library import Library
from vigie.matcher.names import Names
from vigie.matcher.service import Matcher
from vigie.matcher.truth import Truth

pytestmark = pytest.mark.usefixtures("database")

Start = Callable[[], Matcher]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a matcher over the folder `known`; the one before has ended."""
    running: list[Matcher] = []

    def again() -> Matcher:
        if running:
            running.pop().close()
        running.append(Matcher(Truth(database.settings()), Keys(b"k"), tmp_path / "known", gate=Gate()))
        running[0].refresh()
        return running[0]

    yield again
    for one in running:
        one.close()


def signed() -> dict[str, object]:
    return {"at": time.time_ns() // 1_000_000, "nonce": fresh_nonce()}


def ask(matcher: Matcher, held: Held) -> ItemAnswers:
    request = RangeRequest(asker=asker(held.owner), items=(Item(content=held.content),), **signed())
    told = matcher.answer(request.model_dump_json().encode())
    assert isinstance(told, Answers), told
    return told.items[0]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Truth) -> None:
        raise AssertionError("everything was read")

    monkeypatch.setattr(Truth, "everything", refused)


def test_a_restart_reads_only_what_changed_meanwhile(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    file = File(pdq=random_code())
    mine, one, two = hold(unit_of("ALV"), file), hold(unit_of("BOR"), file), hold(unit_of("CAS"), file)
    assert len(ask(start(), mine).answers) == 2
    three = hold(unit_of("EST"), file)
    change(one, withdrawn=True)
    not_read_again(monkeypatch)
    answers = ask(start(), mine).answers
    assert {answer.holder_unit for answer in answers} == {two.owner.unit, three.owner.unit}


@pytest.mark.parametrize("number", [2, 3, 4, 7])
def test_many_changes_are_read_some_at_a_time_and_none_twice(
    start: Start, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    matcher = start()
    monkeypatch.setattr(truth_module, "_BATCH", 3)
    file = File(pdq=random_code())
    mine, *_ = [hold(unit_of(name), file) for name in ("ALV", *(f"U{place}" for place in range(number - 1)))]
    truth = matcher._truth
    begun = truth.cursor.rpartition("|")[2]
    taken = [[record.content for record in some] for some in truth.changes()]
    assert max(map(len, taken)) <= 3
    assert len({content for some in taken for content in some}) == number
    assert [some for some in truth.changes() if some] == [], "the cursor moved on"
    truth._seen = begun
    assert len(ask(matcher, mine).answers) == number - 1
    hold(unit_of("CAS"), file)
    truth._seen = begun
    verified = matcher.answer(VerifyRequest(asker=asker(mine.owner), **signed()).model_dump_json().encode())
    assert isinstance(verified, Verification), verified
    assert (verified.rows, verified.faults) == (number + 1, ())


def test_a_broken_connection_is_taken_up_at_the_cursor(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    file = File()
    mine = hold(unit_of("ALV"), file)
    matcher = start()
    not_read_again(monkeypatch)
    matcher._truth.close()
    theirs = hold(unit_of("BOR"), file)
    assert [one.holder_unit for one in ask(matcher, mine).answers] == [theirs.owner.unit]


def test_a_restored_database_is_noticed_and_read_anew(start: Start, tmp_path: Path) -> None:
    file = File()
    mine = hold(unit_of("ALV"), file)
    start()
    before = current(tmp_path / "known")
    start()
    assert current(tmp_path / "known") == before
    with database.administrator() as connection:
        connection.autocommit = True
        connection.execute(
            "VACUUM FULL media_fingerprint"
        )  # the table lies in another file, as after a restore
    assert ask(start(), mine).recognised
    assert current(tmp_path / "known") != before
    assert len(list((tmp_path / "known").iterdir())) == 2, "the files of the other database are gone"


def test_a_cursor_of_another_database_or_of_a_later_day_is_not_followed(start: Start) -> None:
    truth = start()._truth
    identity, _, seen = truth.cursor.partition("|")
    truth.connect()  # other databases of the server go on meanwhile, and count with the same numbers
    assert truth.follow(f"{identity}|{seen}")
    newest = int(seen.split(":")[1])
    assert not truth.follow(f"{identity}|{newest}:{newest + 1_000}:")
    assert not truth.follow(f"another|{seen}")
    assert not truth.follow("")
    truth.follow(f"{identity}|{seen}")


@pytest.mark.parametrize("harm", ["lost", "cut", "changed"])
@pytest.mark.parametrize(
    "victim",
    [
        "current",
        "names/names",
        "names/ids/manifest.json",
        "wishes",
        "sha256/manifest.json",
        "codes/manifest.json",
    ],
)
def test_damaged_files_are_made_anew_at_the_start(
    start: Start, tmp_path: Path, victim: str, harm: str
) -> None:
    code = random_code()
    mine, theirs = hold(unit_of("ALV"), File(pdq=code)), hold(unit_of("BOR"), File(pdq=code))
    start().close()
    place = tmp_path / "known"
    path = place / victim if victim == "current" else (current(place) or place) / victim
    content = path.read_bytes()
    path.unlink()
    if harm != "lost":
        path.write_bytes(content[:5] if harm == "cut" else bytes([content[0] ^ 1]) + content[1:])
    assert [one.holder_unit for one in ask(start(), mine).answers] == [theirs.owner.unit]


def test_damage_met_by_a_question_is_repaired_before_it_is_answered(start: Start, tmp_path: Path) -> None:
    file = File()
    mine, theirs = hold(unit_of("ALV"), file), hold(unit_of("BOR"), file)
    matcher = start()
    library = matcher._following.library
    with library.tables["sha256"]._turn:
        library.tables["sha256"]._flush()
    start().close()
    [run] = (current(tmp_path / "known") or tmp_path).joinpath("sha256").glob("*.run")
    content = bytearray(run.read_bytes())
    content[2 * 4096 + 3] ^= 4
    run.write_bytes(content)
    matcher = start()
    assert [one.holder_unit for one in ask(matcher, mine).answers] == [theirs.owner.unit]
    assert verify(matcher) == ()


def verify(matcher: Matcher) -> tuple[str, ...]:
    told = matcher.answer(VerifyRequest(asker=asker(unit_of("ALV")), **signed()).model_dump_json().encode())
    faults: tuple[str, ...] = told.faults  # type: ignore[union-attr]
    return faults


def test_a_name_that_leads_elsewhere_is_damage_and_no_miss(start: Start) -> None:
    code = random_code()
    mine, theirs = hold(unit_of("ALV"), File(pdq=code)), hold(unit_of("BOR"), File(pdq=code))
    matcher = start()
    names = matcher._following.library.names
    [number] = names.of([theirs.fingerprint]).numbers.tolist()
    names._rows["id"][number] ^= 1
    assert [one.holder_unit for one in ask(matcher, mine).answers] == [theirs.owner.unit]


def test_a_full_disk_is_said_and_nothing_is_lost(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    file = File()
    mine = hold(unit_of("ALV"), file)
    matcher = start()
    theirs = hold(unit_of("BOR"), file)
    request = RangeRequest(asker=asker(mine.owner), items=(Item(content=mine.content),), **signed())

    def no_room(*arguments: object) -> None:
        raise OSError("no space left on device")

    for broken in (Names, "give"), (Library, "_put_codes"), (Names, "seal"):
        with monkeypatch.context() as patch:
            patch.setattr(*broken, no_room)
            told = matcher.answer(request.model_copy(update=signed()).model_dump_json().encode())
            assert told == Failure(unavailable="no space left on device")
    assert [one.holder_unit for one in ask(matcher, mine).answers] == [theirs.owner.unit]
    assert verify(matcher) == ()


def test_what_is_withdrawn_and_deleted_is_in_no_file(start: Start, tmp_path: Path) -> None:
    code, file = random_code(), File()
    picture = hold(unit_of("BOR"), File(pdq=code, data=file.data))
    gone = hold(unit_of("CAS"), file)
    for _ in range(3):
        hold(unit_of("CAS"), File(pdq=random_code()))
    matcher = start()
    import hashlib

    digests = [hashlib.new(name, file.data).digest() for name in ("sha256", "sha1", "md5")]
    words = scattered(np.frombuffer(code, dtype=np.uint8).reshape(1, 32)).tobytes()
    kept = [*digests, words, picture.fingerprint.bytes, gone.fingerprint.bytes]
    whole = b"".join(path.read_bytes() for path in files(tmp_path))
    assert [one in whole for one in kept] == [True] * 6
    change(picture, withdrawn=True)
    with database.administrator() as connection:
        connection.execute("DELETE FROM media_fingerprint WHERE id = %s", [gone.fingerprint])
    request = DeleteRequest(
        asker=asker(picture.owner), ids=(picture.fingerprint, gone.fingerprint, uuid.uuid4()), **signed()
    )
    assert matcher.answer(request.model_dump_json().encode()) == Change(present=0, gone=3)
    whole = b"".join(path.read_bytes() for path in files(tmp_path))
    assert code not in whole
    left = [one in whole for one in kept]
    assert left == [False] * 4 + [True, False], "the withdrawn row is still a row, the deleted one is none"
    assert verify(matcher) == ()


def test_a_changed_wish_costs_no_new_number(start: Start) -> None:
    file = File(pdq=random_code())
    mine, theirs = hold(unit_of("ALV"), file), hold(unit_of("BOR"), file)
    matcher = start()
    before = matcher._following.library.names.last
    for audience in (Audience.COMMUNITY, Audience.UNIT, Audience.COUNTRY):
        change(theirs, audience=audience.value)
        ask(matcher, mine)
    assert matcher._following.library.names.last == before
    assert verify(matcher) == ()


def test_what_is_not_there_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises((DigestsRefused, SnapshotRefused)):
        Library.open(tmp_path)


def test_only_one_process_keeps_the_files(start: Start, tmp_path: Path) -> None:
    start()
    second = Matcher(Truth(database.settings()), Keys(b"k"), tmp_path / "known", gate=Gate())
    with pytest.raises(OSError, match="another process"):
        second.refresh()
    second.close()


def test_the_index_is_made_anew_by_one_command(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = hold(unit_of("ALV"), File())
    start()
    mark = (current(tmp_path / "known") or tmp_path) / "mark"
    mark.touch()
    assert ask(start(), mine).recognised
    assert mark.exists()
    monkeypatch.setattr(
        "vigie.matcher.cli.load_settings",
        lambda: database.settings().model_copy(update={"home": tmp_path / "home"}),
    )
    (tmp_path / "home" / "index").mkdir(parents=True)
    (tmp_path / "home" / "index" / "known").symlink_to(tmp_path / "known")
    rebuild_index()
    assert "made anew" in capsys.readouterr().out
    matcher = start()
    assert ask(matcher, mine).recognised
    assert not mark.exists()
    assert verify(matcher) == ()


def test_a_merge_that_fails_is_logged_and_loses_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_room(*arguments: object) -> None:
        raise OSError("no space left on device")

    file = File(pdq=random_code())
    mine = hold(unit_of("ALV"), file)
    library = start()._following.library
    monkeypatch.setattr("vigie.matcher.library.merging.merge", no_room)
    monkeypatch.setattr(type(library.codes), "merge_due", True)
    theirs = hold(unit_of("BOR"), file)
    for _ in range(2):
        assert [one.holder_unit for one in ask(start(), mine).answers] == [theirs.owner.unit]
    assert "were not merged: no space left" in caplog.text
