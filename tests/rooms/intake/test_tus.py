"""Uploads by tus 1.0: the server's own count decides, and nothing is acknowledged before its digest agrees."""

import base64
import hashlib
import os
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from tusclient.client import TusClient

from factories.cases import borellian
from factories.intake import answered, closed, line, opened_submission, seen
from factories.intake_http import let_in, serving
from support.database import administrator
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.intake.parts import Part, part_of
from vigie.rooms.intake.queries import upload_for
from vigie.rooms.intake.rules import LARGEST_FILE

STREAM = "application/offset+octet-stream"


class Uploads:
    """One unit's uploads, spoken to as any tus client would."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.http = Client(headers={"Authorization": "Bearer me", "Tus-Resumable": "1.0.0"})
        self.submission = opened_submission(actor)

    def wanted(self, *files: bytes) -> None:
        answered(self.actor, self.submission, *(line(entry, data) for entry, data in enumerate(files)))

    def created(self, length: int, data: bytes = b"", entry: int = 0, **headers: str) -> Any:
        named = {"submission": str(self.submission), "entry": str(entry)}
        metadata = ",".join(
            f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in named.items()
        )
        body: dict[str, Any] = {"data": data, "content_type": STREAM} if data else {}
        return self.http.post(
            "/api/v1/uploads/",
            headers={"Upload-Length": str(length), "Upload-Metadata": metadata} | headers,
            **body,
        )

    def patched(self, place: str, offset: int, data: bytes, **headers: str) -> Any:
        body = {
            "Content-Type": STREAM,
            "Content-Length": str(len(data)),
        }  # which Django's client leaves out of empty ones
        return self.http.patch(
            place, data=data, content_type=STREAM, headers={"Upload-Offset": str(offset)} | body | headers
        )

    def offset(self, place: str) -> int:
        return int(self.http.head(place).headers["Upload-Offset"])

    def part(self, entry: int = 0) -> Part:
        with act_as(self.actor, clock=utc_now):
            target = upload_for(self.actor, self.submission, entry)
        return part_of(target.submission_id, target.upload_id)

    def state(self) -> tuple[str, str]:
        with administrator() as look:
            row = look.execute("SELECT state, reason FROM intake_manifestentry ORDER BY ordinal").fetchone()
        assert row is not None
        return row[0], row[1]


@pytest.fixture
def uploads(actor: Actor) -> Iterator[Uploads]:
    with let_in("me", actor):
        yield Uploads(actor)


def checksum(data: bytes, name: str = "sha256") -> str:
    return f"{name} {base64.b64encode(hashlib.new(name, data).digest()).decode()}"


def test_a_small_file_is_one_request(uploads: Uploads) -> None:
    uploads.wanted(b"small")
    answer = uploads.created(5, b"small")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "5")
    assert uploads.state() == ("sent", "")
    assert uploads.offset(answer.headers["Location"]) == 5


def test_a_large_file_comes_in_pieces_and_lies_encrypted(uploads: Uploads) -> None:
    data = os.urandom(50_000) + b"known text" * 100
    uploads.wanted(data)
    place = uploads.created(len(data)).headers["Location"]
    assert uploads.offset(place) == 0
    for at in range(0, len(data), 20_001):
        piece = data[at : at + 20_001]
        answer = uploads.patched(place, at, piece, **{"Upload-Checksum": checksum(piece, "sha1")})
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(at + len(piece)))
    part = uploads.part()
    assert b"known text" not in part.path.read_bytes()
    with part.open() as plain:
        assert plain.read() == data
        plain.seek(49_999)
        assert plain.read(12) == data[49_999:50_011]
    assert part.path.stat().st_mode & 0o777 == 0o600


def test_what_arrived_but_is_not_the_claimed_file_is_failed_and_gone(uploads: Uploads) -> None:
    uploads.wanted(b"claimed")
    part = uploads.part()
    answer = uploads.created(7, b"another")
    assert (answer.status_code, answer.json()["code"]) == (422, "digest_differs")
    assert uploads.state() == ("refused", "digest_differs")
    assert part.size() is None
    assert uploads.created(7, b"claimed").status_code == 409
    uploads.wanted(b"claimed")
    assert uploads.created(7, b"claimed").status_code == 201
    assert uploads.state() == ("sent", "")


def test_a_damaged_piece_leaves_no_trace(uploads: Uploads) -> None:
    uploads.wanted(b"0123456789")
    place = uploads.created(10, b"01234").headers["Location"]
    answer = uploads.patched(place, 5, b"56789", **{"Upload-Checksum": checksum(b"other")})
    assert answer.status_code == 460
    assert uploads.offset(place) == 5
    assert (
        uploads.patched(place, 5, b"56789", **{"Upload-Checksum": checksum(b"56789", "md5")}).status_code
        == 204
    )


@pytest.mark.parametrize(
    ("stated", "status"), [("crc32 AAAA", 400), ("sha1 !", 400), ("sha1", 460), ("", 400)]
)
def test_a_checksum_that_cannot_be_checked_is_refused(uploads: Uploads, stated: str, status: int) -> None:
    uploads.wanted(b"0123")
    place = uploads.created(4).headers["Location"]
    assert uploads.patched(place, 0, b"0123", **{"Upload-Checksum": stated}).status_code == status
    assert uploads.offset(place) == 0


def test_the_wrong_offset_is_a_conflict_that_names_the_right_one(uploads: Uploads) -> None:
    uploads.wanted(b"0123456789")
    place = uploads.created(10, b"01234").headers["Location"]
    answer = uploads.patched(place, 3, b"34567")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "5")


def test_more_than_the_file_has_is_refused(uploads: Uploads) -> None:
    uploads.wanted(b"0123")
    place = uploads.created(4).headers["Location"]
    assert uploads.patched(place, 0, b"01234").status_code == 413
    assert uploads.created(LARGEST_FILE + 1).status_code == 413


def test_the_protocols_own_refusals(uploads: Uploads) -> None:
    uploads.wanted(b"0123")
    place = uploads.created(4).headers["Location"]
    assert uploads.http.head(place, headers={"Tus-Resumable": "0.2.2"}).status_code == 412
    assert uploads.http.patch(place, b"0123", "text/plain", headers={"Upload-Offset": "0"}).status_code == 415
    assert uploads.patched(place, 0, b"0", **{"Upload-Offset": "-1"}).status_code == 400
    assert uploads.http.get(place).status_code == 405
    assert uploads.created(5).status_code == 409
    assert uploads.created(4, **{"Upload-Metadata": "entry MA=="}).status_code == 400
    assert uploads.created(4, **{"Upload-Metadata": "entry !"}).status_code == 400
    assert uploads.created(4, **{"Upload-Length": "x"}).status_code == 400
    assert uploads.created(4, entry=9).status_code == 404
    assert uploads.http.head(f"/api/v1/uploads/{uuid.uuid4()}").status_code == 404
    options = uploads.http.options("/api/v1/uploads/")
    assert options.headers["Tus-Extension"] == "creation,creation-with-upload,checksum,termination"
    assert options.headers["Tus-Checksum-Algorithm"] == "sha256,sha1,md5"


def test_a_proxy_that_lets_no_patch_through_may_post(uploads: Uploads) -> None:
    uploads.wanted(b"0123")
    place = uploads.created(4).headers["Location"]
    headers = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    assert uploads.http.post(place, b"0123", STREAM, headers=headers).status_code == 204


def test_one_part_is_added_to_by_one_at_a_time(uploads: Uploads) -> None:
    uploads.wanted(b"0123")
    place = uploads.created(4).headers["Location"]
    with uploads.part().locked():
        assert uploads.patched(place, 0, b"0123").status_code == 423
        assert uploads.http.head(place).status_code == 423
        assert uploads.http.delete(place).status_code == 423
    assert uploads.patched(place, 0, b"0123").status_code == 204


def test_an_upload_given_up_starts_again_under_another_address(uploads: Uploads) -> None:
    uploads.wanted(b"0123")
    place = uploads.created(4, b"01").headers["Location"]
    part = uploads.part()
    assert uploads.http.delete(place).status_code == 204
    assert part.size() is None
    assert uploads.http.head(place).status_code == 404
    again = uploads.created(4, b"0123")
    assert again.status_code == 201
    assert again.headers["Location"] != place


def test_what_was_acknowledged_is_not_given_up(uploads: Uploads) -> None:
    uploads.wanted(b"0123")
    place = uploads.created(4, b"0123").headers["Location"]
    assert uploads.http.delete(place).status_code == 409
    assert uploads.patched(place, 4, b"").status_code == 204
    assert uploads.patched(place, 0, b"0123").status_code == 409
    assert uploads.created(4, b"0123").status_code == 409


def test_a_file_nobody_waits_for_any_more_is_gone(uploads: Uploads) -> None:
    uploads.wanted(b"0123")
    place = uploads.created(4, b"01").headers["Location"]
    closed(uploads.actor, uploads.submission)
    assert uploads.patched(place, 2, b"23").status_code == 410


def test_an_acknowledgement_lost_in_a_crash_is_given_to_whoever_asks_next(uploads: Uploads) -> None:
    """Killed between the last byte's fsync and the commit: all bytes are there, and the row says wanted."""
    uploads.wanted(b"0123")
    place = uploads.created(4, b"0123").headers["Location"]
    with administrator() as look:
        look.execute("UPDATE intake_manifestentry SET state = 'wanted'")
    assert uploads.offset(place) == 4
    assert uploads.state() == ("sent", "")


def test_a_whole_part_of_other_bytes_is_failed_by_whoever_asks_next(uploads: Uploads) -> None:
    uploads.wanted(b"0123")
    place = uploads.created(4, b"012").headers["Location"]
    with uploads.part().locked() as opened:
        opened.append([b"x"])
    assert uploads.http.head(place).status_code == 410
    assert uploads.state() == ("refused", "digest_differs")


def test_another_unit_finds_no_upload_here(uploads: Uploads) -> None:
    uploads.wanted(b"0123")
    place = uploads.created(4, b"01").headers["Location"]
    with let_in("them", borellian()):
        theirs = Client(headers={"Authorization": "Bearer them", "Tus-Resumable": "1.0.0"})
        assert theirs.head(place).status_code == 404
        assert theirs.patch(place, b"23", STREAM, headers={"Upload-Offset": "2"}).status_code == 404
        assert theirs.delete(place).status_code == 404
    assert uploads.offset(place) == 2


def test_work_begins_when_a_file_is_acknowledged(uploads: Uploads) -> None:
    uploads.wanted(b"0123", b"4567")
    uploads.created(4, b"0123")
    uploads.created(4, b"4567", entry=1)
    with administrator() as look:
        row = look.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'intake.work'"
        ).fetchone()
    assert row == (1,)
    assert seen(uploads.actor, uploads.submission).stages.sent.done == 2


def test_a_line_cut_in_the_middle_keeps_what_arrived(uploads: Uploads) -> None:
    data = os.urandom(1000)
    uploads.wanted(data)
    place = uploads.created(len(data)).headers["Location"]
    with serving() as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line_out:
            head = (
                f"PATCH {place} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer me\r\nTus-Resumable: 1.0.0\r\n"
                f"Content-Type: {STREAM}\r\nUpload-Offset: 0\r\nContent-Length: 1000\r\n\r\n"
            )
            line_out.sendall(head.encode() + data[:400])
            line_out.shutdown(socket.SHUT_WR)
            line_out.recv(4096)
    assert uploads.offset(place) == 400
    assert uploads.patched(place, 400, data[400:]).status_code == 204
    assert uploads.state() == ("sent", "")


def test_a_foreign_client_sends_and_resumes(uploads: Uploads, tmp_path: Any) -> None:
    data = os.urandom(300_000)
    uploads.wanted(data)
    (tmp_path / "file").write_bytes(data)
    with serving() as address:
        client = TusClient(f"{address}/api/v1/uploads/", headers={"Authorization": "Bearer me"})
        metadata = {"submission": str(uploads.submission), "entry": "0"}
        first = client.uploader(
            str(tmp_path / "file"), chunk_size=100_000, metadata=metadata, upload_checksum=True
        )
        first.upload_chunk()
        second = client.uploader(str(tmp_path / "file"), chunk_size=150_000, metadata=metadata)
        second.set_url(first.url)
        second.offset = second.get_offset()
        assert second.offset == 100_000
        second.upload()
    assert uploads.state() == ("sent", "")


STEPS = st.lists(
    st.tuples(st.sampled_from(["right", "behind", "ahead", "checked", "damaged"]), st.integers(0, 9)),
    max_size=8,
)


@tries(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=24), steps=STEPS)
def test_whatever_offsets_a_client_tries_the_part_is_a_prefix_of_the_file(
    uploads: Uploads, data: bytes, steps: list[tuple[str, int]]
) -> None:
    with administrator() as look:
        look.execute("TRUNCATE intake_submission CASCADE")
        look.execute("TRUNCATE cases_case CASCADE")
    uploads.submission = opened_submission(uploads.actor)
    uploads.wanted(data)
    place = uploads.created(len(data)).headers["Location"]
    at = 0
    for kind, amount in steps:
        piece = data[at : at + amount]
        offset = at + {"behind": -1, "ahead": 1}.get(kind, 0)
        headers = (
            {"Upload-Checksum": checksum(piece if kind == "checked" else b"?" + piece)}
            if kind in {"checked", "damaged"}
            else {}
        )
        answer = uploads.patched(place, max(0, offset), piece, **headers)
        if kind in {"right", "checked"}:
            assert answer.status_code == 204
            at += len(piece)
        elif at == len(data) or max(0, offset) != at or kind == "damaged":
            assert answer.status_code in {409, 460, 204}
        else:
            at += len(piece) if answer.status_code == 204 else 0
        assert uploads.offset(place) == at
        with uploads.part().open() as plain:
            assert plain.read() == data[:at]
    if at < len(data):
        assert uploads.patched(place, at, data[at:]).status_code == 204
    assert uploads.state() == ("sent", "")


@pytest.mark.parametrize("value", ["é", "×" * 8, "MTI\xa0z"])
def test_a_header_beyond_ascii_is_told_and_breaks_nothing(uploads: Uploads, value: str) -> None:
    uploads.wanted(b"0123456789")
    place = uploads.created(10).headers["Location"]
    damaged = uploads.patched(place, 0, b"01234", **{"Upload-Checksum": f"sha256 {value}"})
    assert (damaged.status_code, damaged.json()["title"]) == (400, "the checksum is no base64")
    named = uploads.created(10, **{"Upload-Metadata": f"submission {value}"})
    assert (named.status_code, named.json()["title"]) == (400, "the metadata 'submission' is no base64")


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5_000])
def test_a_number_no_file_can_have_is_told(uploads: Uploads, number: str) -> None:
    uploads.wanted(b"0123456789")
    place = uploads.created(10).headers["Location"]
    assert uploads.patched(place, 0, b"", **{"Upload-Offset": number}).status_code == 400
    assert uploads.created(10, **{"Upload-Length": number}).status_code == 400


@pytest.mark.parametrize("entry", [1 << 53, 1 << 63, 1 << 64, 10**40, -1])
def test_an_entry_no_manifest_can_hold_is_not_found(uploads: Uploads, entry: int) -> None:
    assert uploads.created(10, entry=entry).status_code == 404
