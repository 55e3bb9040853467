"""ZIPs as folders: every trick an archive can play ends in a named fault, and the other members are read."""

import io
import stat
import struct
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.rooms.intake.archives import (
    ArchiveBrokenError,
    ArchiveLimits,
    Fault,
    Member,
    Refused,
    is_archive,
    members,
)


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def listed(data: bytes, **limits: int) -> list[Member | Refused]:
    return list(members(io.BytesIO(data), ArchiveLimits(**limits)))


def read(data: bytes) -> dict[bytes, bytes]:
    found = {}
    for member in members(io.BytesIO(data)):
        assert isinstance(member, Member)
        with member.open() as file:
            found[member.path] = file.read()
    return found


def faults(data: bytes, **limits: int) -> dict[bytes, Fault]:
    return {one.path: one.fault for one in listed(data, **limits) if isinstance(one, Refused)}


def test_members_are_read_where_they_lie() -> None:
    data = zipped(("a/1.jpg", b"one"), ("a/", b""), ("b.jpg", b"two" * 1000))
    assert is_archive(data)
    assert read(data) == {b"a/1.jpg": b"one", b"b.jpg": b"two" * 1000}
    assert listed(data)[0].modified.startswith("20")  # type: ignore[union-attr]


def test_archives_inside_archives_are_folders_too_but_not_for_ever() -> None:
    data = zipped(("deep.jpg", b"deep"))
    for level in range(3):
        data = zipped((f"{level}.zip", data), (f"{level}.jpg", b"here"))
    assert faults(data) == {b"2.zip/1.zip/0.zip": Fault.TOO_DEEP}
    shallow = zipped(("in.zip", zipped(("x.jpg", b"x"))))
    assert read(shallow) == {b"in.zip/x.jpg": b"x"}


def test_a_file_that_is_only_called_zip_is_a_file() -> None:
    assert read(zipped(("photo.zip", b"no archive"))) == {b"photo.zip": b"no archive"}


@pytest.mark.parametrize(
    "name",
    ["../up.jpg", "a/../../up.jpg", "/etc/passwd", "C:/windows", "..\\up.jpg", "\\\\host\\share", "a/.."],
)
def test_names_that_climb_out_are_not_read(name: str) -> None:
    data = zipped(("good.jpg", b"good"), (name, b"bad"))
    assert list(faults(data).values()) == [Fault.UNSAFE_NAME]
    assert len(listed(data)) == 2


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_not_files(kind: int) -> None:
    info = zipfile.ZipInfo("link")
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    assert faults(zipped((info, b"/etc/passwd"))) == {b"link": Fault.NOT_A_FILE}


def test_a_bomb_is_refused_by_its_ratio() -> None:
    assert faults(zipped(("bomb", bytes(5_000_000)), ("ok", b"ok"))) == {b"bomb": Fault.RATIO}


def test_counts_and_sizes_have_an_end() -> None:
    many = zipped(*((f"{number}", b"x") for number in range(5)))
    assert len(listed(many, members=3)) == 4
    assert faults(many, members=3) == {b"": Fault.TOO_MANY}
    assert faults(many, total_bytes=3) == {b"": Fault.TOO_LARGE}
    nested = zipped(("in.zip", zipped(("x", b"x"))))
    assert faults(nested, nested_bytes=10) == {b"in.zip": Fault.TOO_LARGE}


def test_members_of_archives_inside_count_with_the_others() -> None:
    inner = zipped(("1", b"x"), ("2", b"x"))
    assert Fault.TOO_MANY in faults(zipped(("in.zip", inner)), members=2).values()


def test_names_in_odd_encodings_keep_their_bytes() -> None:
    written = bytearray(zipped(("caf_.jpg", b"x")))
    at = 0
    while (at := written.find(b"caf_", at)) >= 0:
        written[at : at + 4] = b"caf\xe9"
        at += 4
    [member] = listed(bytes(written))
    assert member.path == b"caf\xe9.jpg"
    assert listed(zipped(("é.jpg", b"x")))[0].path == "é.jpg".encode()


def test_a_member_that_lies_about_its_size_is_broken_and_nothing_else() -> None:
    written = bytearray(zipped(("liar", b"0123456789"), ("honest", b"x"), compression=zipfile.ZIP_STORED))
    at = written.find(b"PK\x01\x02")
    written[at + 24 : at + 28] = struct.pack("<I", 5)
    first, second = (one for one in listed(bytes(written)) if isinstance(one, Member))
    assert _read_or_fault(first) is Fault.BROKEN
    with second.open() as file:
        assert file.read() == b"x"


def test_a_damaged_member_is_said_to_be_broken() -> None:
    written = bytearray(zipped(("x", b"0123456789" * 100), compression=zipfile.ZIP_STORED))
    written[100] ^= 1
    [member] = listed(bytes(written))
    assert isinstance(member, Member)
    with pytest.raises(ArchiveBrokenError), member.open() as file:
        file.read()


def test_encrypted_members_are_named() -> None:
    written = bytearray(zipped(("x", b"x")))
    written[6] |= 1
    at = written.find(b"PK\x01\x02")
    written[at + 8] |= 1
    assert faults(bytes(written)) == {b"x": Fault.ENCRYPTED}


def test_what_is_no_archive_is_one_broken_thing() -> None:
    assert listed(b"PK\x03\x04 and nothing more") == [Refused(b"", Fault.BROKEN)]


def test_members_can_be_read_from_any_place_again() -> None:
    data = bytes(range(256)) * 300
    [member] = listed(zipped(("x", data)))
    assert isinstance(member, Member)
    with member.open() as file:
        file.seek(70_000)
        assert file.read(10) == data[70_000:70_010]
        file.seek(3)
        assert file.read(4) == data[3:7]


@given(st.binary(max_size=200), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6))
def test_no_bytes_whatever_raise_anything_but_a_named_fault(
    data: bytes, changes: list[tuple[int, int]]
) -> None:
    written = bytearray(zipped(("a.jpg", data), ("b.zip", zipped(("c", data)))))
    for at, value in changes:
        written[at % len(written)] = value
    for one in members(io.BytesIO(bytes(written))):
        if isinstance(one, Member):
            _read_or_fault(one)


def _read_or_fault(member: Member) -> Any:
    try:
        with member.open() as file:
            return file.read()
    except ArchiveBrokenError as error:
        return error.fault


def _renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    """The archive with a name replaced in both its places."""
    return data.replace(old, new)


@pytest.mark.parametrize("name", [b"\x00xyz", b"\x00\x00\x00\x00"])
def test_a_name_of_no_characters_is_refused_and_its_neighbours_are_read(name: bytes) -> None:
    """Python 3.11's zipfile cuts a name at its NUL, and then asks for the last character of nothing."""
    data = _renamed(zipped(("noon", b"x"), ("good", b"x")), b"noon", name)
    assert list(faults(data).values()) == [Fault.UNSAFE_NAME]
    assert [one.path for one in listed(data) if isinstance(one, Member)] == [b"good"]


def test_names_that_climb_out_of_an_archive_inside_are_not_read_either() -> None:
    data = zipped(("in.zip", zipped(("/etc/passwd", b"x"), ("C:/x", b"x"), ("good", b"x"))))
    assert set(faults(data).values()) == {Fault.UNSAFE_NAME}
    assert len(faults(data)) == 2
    assert [one.path for one in listed(data) if isinstance(one, Member)] == [b"in.zip/good"]


def test_members_that_lie_over_each_other_have_no_more_bytes_than_the_archive() -> None:
    """The better bomb (Fifield 2019): one packed piece, named by a thousand entries, each within the ratio."""
    data = bytearray(zipped(("a" * 8, bytes(150_000) + bytes(range(256)) * 4)))
    at, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = bytes(data[at:end])
    count = 1000
    bomb = bytes(data[:at]) + entry * count + bytes(data[end:])
    tail = bomb.index(b"PK\x05\x06")
    bomb = bomb[: tail + 8] + struct.pack("<HHI", count, count, len(entry) * count) + bomb[tail + 16 :]
    found = listed(bomb)
    assert len(found) == count
    readable = [one for one in found if isinstance(one, Member)]
    assert sum(one.info.compress_size for one in readable) <= len(bomb)
    assert {one.fault for one in found if isinstance(one, Refused)} == {Fault.RATIO}


def test_of_archives_inside_one_a_level_is_held_and_all_stay_readable() -> None:
    inner = [zipped((f"{number}.jpg", bytes([number]) * 1000), ("more", b"m")) for number in range(6)]
    data = zipped(*((f"{number}.zip", one) for number, one in enumerate(inner)))
    found = [one for one in listed(data) if isinstance(one, Member)]
    assert len(found) == 12
    held = {id(one.opened): one.opened for one in found}
    assert len(held) == 6
    assert sum(archive.kept is not None for archive in held.values()) == 1
    for one in (*found, *reversed(found)):
        with one.open() as file:
            assert len(file.read()) == one.size
    assert sum(archive.kept is not None for archive in held.values()) == 1


def test_a_member_of_an_archive_inside_is_read_on_while_another_archive_is_opened() -> None:
    data = zipped(*((f"{number}.zip", zipped(("x", bytes([number]) * 100_000))) for number in range(3)))
    first, second, third = (one for one in listed(data) if isinstance(one, Member))
    with first.open() as one, second.open() as two, third.open() as three:
        parts = [[file.read(1000) for file in (one, two, three)] for _ in range(100)]
    assert [b"".join(column) for column in zip(*parts, strict=True)] == [
        bytes([at]) * 100_000 for at in range(3)
    ]


def test_a_large_archive_inside_is_read_from_a_file_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigie.rooms.intake.archives._IN_MEMORY", 1000)
    noise = bytes((at * 7919) % 251 for at in range(50_000))
    assert read(zipped(("in.zip", zipped(("x", noise))))) == {b"in.zip/x": noise}
