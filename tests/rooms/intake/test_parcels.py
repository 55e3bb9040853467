"""Parcels: many small files in one request, each acknowledged only when it is whole and durable."""

import hashlib
import io
import struct
from typing import Any

import httpx
import pytest

from factories.desk import Desk
from factories.media import picture
from support.database import administrator
from vigie.rooms.intake.client.parcels import PARCEL_FILES, parcels
from vigie.rooms.intake.client.walking import FoundFile
from vigie.rooms.intake.rules import LARGEST_PARCEL


def packed(*files: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack(">QQ", entry, len(content)) + content for entry, content in files)


def opened(desk: Desk, *contents: bytes) -> str:
    address = desk.opened()
    entries = [
        {
            "entry": number, "path": f"{number}.jpg", "bytes": len(content), "modified": None,
            "md5": hashlib.md5(content).hexdigest(), "sha1": hashlib.sha1(content).hexdigest(),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for number, content in enumerate(contents, 1)
    ]  # fmt: skip
    desk.http.post(f"{address}/manifest", json={"entries": entries}).raise_for_status()
    return address


def post(desk: Desk, address: str, body: bytes) -> httpx.Response:
    return desk.http.post(
        f"{address}/parcel", content=body, headers={"Content-Type": "application/octet-stream"}
    )


def answers(response: httpx.Response) -> list[tuple[int, str, str]]:
    return [(each["entry"], each["status"], each["reason"]) for each in response.json()["results"]]


def states() -> list[str]:
    with administrator() as look:
        rows = look.execute("SELECT state FROM intake_manifestentry ORDER BY ordinal").fetchall()
    return [row[0] for row in rows]


def test_whole_files_are_acknowledged_and_a_changed_one_is_refused_by_name(desk: Desk) -> None:
    one, two, three = picture(1), picture(2), picture(3)
    address = opened(desk, one, two, three)
    response = post(desk, address, packed((1, one), (2, two[:-1]), (3, three), (9, one)))
    assert answers(response) == [
        (1, "sent", ""), (2, "refused", "digest_differs"), (3, "sent", ""), (9, "refused", "not_wanted"),
    ]  # fmt: skip
    assert states() == ["sent", "refused", "sent"]


def test_the_same_parcel_again_changes_nothing(desk: Desk) -> None:
    one = picture(1)
    address = opened(desk, one)
    for _ in range(2):
        assert answers(post(desk, address, packed((1, one)))) == [(1, "sent", "")]
    assert states() == ["sent"]


@pytest.mark.parametrize("kept", [5, 15, 16, 40])
def test_a_parcel_that_was_cut_acknowledges_nothing(desk: Desk, kept: int) -> None:
    one = picture(1)
    address = opened(desk, one)
    assert post(desk, address, packed((1, one))[:kept]).status_code == 422
    assert states() == ["wanted"]


def test_an_entry_twice_is_refused(desk: Desk) -> None:
    one = picture(1)
    assert post(desk, opened(desk, one), packed((1, one), (1, one))).status_code == 422


def test_too_much_at_once_is_refused(desk: Desk) -> None:
    address = opened(desk, picture(1))
    assert post(desk, address, bytes(LARGEST_PARCEL + 1)).status_code == 413
    assert post(desk, address, packed(*[(n, b"x") for n in range(100)])).status_code == 413


def test_a_part_begun_before_is_replaced_and_nothing_plain_lies_on_disk(desk: Desk, settings: Any) -> None:
    one = picture(1)
    address = opened(desk, one)
    post(desk, address, packed((1, one)))
    parts = [path for path in settings.VIGIE_HOME.uploads.rglob("*") if path.is_file()]
    assert parts
    assert all(one[:16] not in path.read_bytes() for path in parts)
    assert all(path.stat().st_size == len(one) for path in parts)


def test_files_are_packed_in_order_and_none_is_left_out() -> None:
    files = [FoundFile(n, b"x", 300_000, "", io.BytesIO) for n in range(200)]
    rows = list(parcels(files))
    assert [file.entry for row in rows for file in row] == list(range(200))
    assert max(len(row) for row in rows) <= PARCEL_FILES


@pytest.mark.parametrize("entry", [1 << 53, 1 << 63, (1 << 64) - 1])
def test_an_entry_no_manifest_can_hold_is_refused(desk: Desk, entry: int) -> None:
    assert post(desk, opened(desk, picture(1)), packed((entry, b"x"))).status_code == 422
