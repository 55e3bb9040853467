"""The sending side: a folder is handed in whole, over lines that are cut and runs that are killed."""

import os
import threading
import uuid
import zipfile
from pathlib import Path

import httpx
import pytest

from factories.desk import Desk
from factories.media import picture
from support.database import administrator
from vigie.rooms.intake.client import Interrupted, ServerSaidNo, send_folder, sending
from vigie.rooms.intake.client import folder as client_folder
from vigie.rooms.intake.client.walking import FoundFile, Unreadable, walk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "seized"
    (root / "DCIM").mkdir(parents=True)
    for seed in range(5):
        (root / "DCIM" / f"{seed}.jpg").write_bytes(picture(seed))
    return root


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is sent by itself, as large ones are."""
    monkeypatch.setattr("vigie.rooms.intake.client.folder.SMALL_BYTES", -1)


def test_a_folder_is_handed_in_and_matched(desk: Desk, folder: Path) -> None:
    summary = desk.handed_in(folder)
    assert (summary.files, summary.new, summary.known, summary.exit_status) == (5, 5, 0, 0)
    assert (
        summary.bytes_sent
        == summary.bytes_total
        == sum(path.stat().st_size for path in folder.rglob("*.jpg"))
    )
    assert [one["files"] for one in desk.told("listed")] == [5]
    assert len(desk.told("sent")) == 5
    assert desk.events[-1]["event"] == "summary"
    with administrator() as look:
        paths = look.execute("SELECT path_text FROM media_occurrence ORDER BY 1").fetchall()
    assert paths == [(f"seized/DCIM/{seed}.jpg",) for seed in range(5)]


def test_no_file_of_a_larger_folder_is_left_out(desk: Desk, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.mkdir()
    for seed in range(60):
        (large / f"{seed:02}.jpg").write_bytes(picture(seed, 16, 12))
    summary = desk.handed_in(large)
    assert (summary.files, summary.new, summary.exit_status) == (60, 60, 0)
    assert sum(one["files"] for one in desk.told("answered")) == 60


def test_known_files_never_travel(desk: Desk, folder: Path) -> None:
    desk.handed_in(folder)
    (folder / "new.jpg").write_bytes(picture(99))
    posts: list[str] = []
    desk.cut = lambda request: posts.append(request.url.path) if request.method == "POST" else None
    summary = desk.handed_in(folder)
    assert (summary.known, summary.new, summary.exit_status) == (5, 1, 0)
    assert summary.bytes_sent == len(picture(99))
    assert summary.bytes_saved == summary.bytes_total - summary.bytes_sent
    assert sum(path.endswith("/parcel") for path in posts) == 1


def test_what_cannot_be_read_is_told_counted_and_no_reason_to_stop(desk: Desk, folder: Path) -> None:
    (folder / "link.jpg").symlink_to(folder / "DCIM" / "0.jpg")
    os.mkfifo(folder / "pipe")
    (folder / "empty.jpg").touch()
    summary = desk.handed_in(folder)
    assert (summary.failed, summary.refused, summary.new, summary.exit_status) == (2, 1, 5, 6)
    failed = {(one["path"], one["reason"]) for one in desk.told("failed")}
    assert failed == {("seized/link.jpg", "not_a_file"), ("seized/pipe", "not_a_file")}
    assert [(one["path"], one["reason"]) for one in desk.told("refused")] == [("seized/empty.jpg", "empty")]


def test_a_zip_is_a_folder(desk: Desk, folder: Path) -> None:
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("in/7.jpg", picture(7))
        archive.writestr("../out.jpg", picture(8))
    summary = desk.handed_in(folder)
    assert (summary.files, summary.new, summary.failed) == (6, 6, 1)
    assert desk.told("failed") == [
        {"event": "failed", "path": "seized/more.zip/../out.jpg", "reason": "archive_unsafe_name"}
    ]
    with administrator() as look:
        assert look.execute(
            "SELECT 1 FROM media_occurrence WHERE path_text = 'seized/more.zip/in/7.jpg'"
        ).fetchone()


def test_a_name_that_is_no_text_arrives_as_its_bytes(desk: Desk, folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.jpg")).write_bytes(picture(50))
    assert desk.handed_in(folder).exit_status == 0
    with administrator() as look:
        rows = look.execute("SELECT path FROM media_occurrence WHERE path_text LIKE '%caf%'").fetchall()
    assert rows == [(b"seized/caf\xe9.jpg",)]


class KilledError(BaseException):
    """The run ends here, as kill -9 ends it: nothing after this line is done."""


@pytest.mark.usefixtures("alone")
def test_a_killed_run_goes_on_where_it_stopped_and_sends_one_piece_again_at_most(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "CHUNK", 10_000)
    root = tmp_path / "large"
    root.mkdir()
    (root / "film.bin").write_bytes(os.urandom(100_000))
    patches: list[httpx.Request] = []

    def kill(request: httpx.Request) -> None:
        if request.method == "PATCH":
            patches.append(request)
            if len(patches) == 5:
                raise KilledError

    desk.cut = kill
    with pytest.raises(KilledError):
        desk.handed_in(root)
    desk.cut = lambda request: None
    summary = desk.handed_in(root)
    assert summary.exit_status == 0
    assert summary.bytes_sent == 100_000 - 50_000
    with administrator() as look:
        assert look.execute("SELECT count(*) FROM intake_submission").fetchone() == (1,)
        assert look.execute("SELECT count(*) FROM media_content").fetchone() == (1,)


def test_a_cut_line_is_waited_for(desk: Desk, folder: Path) -> None:
    cuts = iter(range(100))

    def cut(request: httpx.Request) -> None:
        if next(cuts) % 3 == 1:
            raise httpx.ConnectError("no route")

    desk.cut = cut
    summary = desk.handed_in(folder)
    assert (summary.new, summary.exit_status) == (5, 0)


@pytest.mark.usefixtures("alone")
def test_a_line_that_stays_cut_ends_the_run_with_nothing_lost(desk: Desk, folder: Path) -> None:
    def cut(request: httpx.Request) -> None:
        if request.url.path == "/api/v1/uploads/":
            raise httpx.ConnectError("no route")

    desk.cut = cut
    with pytest.raises(Interrupted):
        desk.handed_in(folder)
    desk.cut = lambda request: None
    assert desk.handed_in(folder).exit_status == 0


@pytest.mark.usefixtures("alone")
def test_a_piece_changed_on_its_way_is_sent_again(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that cuts or changes a piece is found out by the piece's checksum; the file is never taken as whole."""
    monkeypatch.setattr(sending, "CHUNK", 500)
    damaged: list[bytes] = []

    def damage(request: httpx.Request) -> None:
        if request.method == "PATCH" and not damaged:
            piece = request.read()
            damaged.append(piece)
            request.stream = httpx.ByteStream(b"?" * len(piece))

    desk.cut = damage
    summary = desk.handed_in(folder)
    assert damaged
    assert (summary.new, summary.refused, summary.exit_status) == (5, 0, 0)


@pytest.mark.usefixtures("alone")
def test_a_file_that_changes_while_it_is_handed_in_is_failed_and_never_taken_as_whole(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing = folder / "DCIM" / "4.jpg"
    other = folder.parent / "other"
    other.write_bytes(b"x" * changing.stat().st_size)
    once = threading.Lock()

    def change(request: httpx.Request) -> None:
        if request.url.path == "/api/v1/uploads/" and once.acquire(blocking=False):
            other.replace(changing)

    monkeypatch.setattr(client_folder, "SENDING_THREADS", 1)
    desk.cut = change
    summary = desk.handed_in(folder)
    assert (summary.failed, summary.refused, summary.exit_status) == (1, 1, 6)
    assert desk.told("failed")[0]["reason"] == "digest_differs"
    desk.cut = lambda request: None
    again = desk.handed_in(folder)
    assert (again.failed, again.unfinished) == (0, 0)
    # it is handed in as it is now, and that is no picture
    assert [refused["reason"] for refused in desk.told("refused")][-1] == "unknown_format"


def test_a_refusal_of_the_server_ends_the_run_with_its_words(desk: Desk, folder: Path) -> None:
    with pytest.raises(ServerSaidNo) as said:
        send_folder(desk.line, f"/api/v1/submissions/{uuid.uuid4()}", folder, desk.events.append)
    assert said.value.status == 404
    desk.http.headers["Authorization"] = "Bearer nobody"
    with pytest.raises(ServerSaidNo) as said:
        desk.opened()
    assert said.value.status == 401


def test_the_same_command_finds_its_open_submission_and_opens_another_after_it_was_closed(
    desk: Desk, folder: Path
) -> None:
    first = desk.opened()
    assert desk.opened() == first
    send_folder(desk.line, first, folder, desk.events.append)
    assert desk.opened() != first


def test_numbers_of_files_stay_when_others_come_and_go(folder: Path) -> None:
    before = {one.path: one.entry for one in walk(folder) if isinstance(one, FoundFile)}
    (folder / "DCIM" / "0.jpg").unlink()
    (folder / "AAAA.jpg").write_bytes(b"x")
    after = {one.path: one.entry for one in walk(folder) if isinstance(one, FoundFile)}
    for path in before.keys() & after.keys():
        assert before[path] == after[path]
    assert max(after.values()) < 2**52
    assert list(after) == sorted(after)


def test_one_file_may_be_handed_in_by_itself(desk: Desk, folder: Path) -> None:
    summary = desk.handed_in(folder / "DCIM" / "1.jpg")
    assert (summary.files, summary.exit_status) == (1, 0)


def test_what_is_not_there_is_one_unreadable_thing(tmp_path: Path) -> None:
    assert list(walk(tmp_path / "nothing")) == [Unreadable(b"nothing", "gone")]
