"""The vault: no grant, no bytes; a grant opens what it names, as far as its act goes; nothing plain lies on the disk."""

import dataclasses
import hashlib
import io
import itertools
import secrets
import types
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.actors import investigator
from factories.media import vault_in
from vigie.backends.blobs import BlobMissing
from vigie.backends.keys import KeyRefused
from vigie.engines.sealing import SealBroken
from vigie.kernel import operation, vault
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import GuardMissing
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import OPERATIONS, act_as
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.vault import CountryClosed, Grant, KeyRecord, Owner, Stored, Vault

pytestmark = pytest.mark.usefixtures("database")
ALICE = investigator()
SERVICE = OnBehalf.of(ALICE).service(Role.SERVICE_INTAKE)
ALVANIA, BORELLIA = Owner(ALICE.unit, "ALV"), Owner(uuid.uuid4(), "BOR")
MARKER = b"a drawn lamp on a drawn table; "
PLAIN = MARKER * 50_000
"""1.5 MB: two segments."""
DIGEST = hashlib.sha256(PLAIN).digest()
CONTENT, OTHER = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Vault]:
    with vault_in(tmp_path) as made:
        yield made


def under(permission: Permission, body: Callable[[], Any], actor: Actor = SERVICE) -> Any:
    """The body runs as the body of an operation with this permission."""

    @operation.operation(permission)
    def act(_: Actor) -> Any:
        return body()

    try:
        with act_as(actor, clock=utc_now):
            return act(actor)
    finally:
        OPERATIONS.pop(f"{act.__module__}.{act.__qualname__}")


def stored(room: Vault, owner: Owner = ALVANIA, plain: bytes = PLAIN) -> Stored:
    digest = hashlib.sha256(plain).digest()
    return under(Permission.INTAKE_FILE_RECORD, lambda: room.store_original(owner, digest, io.BytesIO(plain)))


def sealed(room: Vault, content: uuid.UUID = CONTENT, plain: bytes = MARKER) -> tuple[KeyRecord, bytes]:
    return under(Permission.INTAKE_FILE_RECORD, lambda: room.seal_derived(ALVANIA, content, plain))


def opened(room: Vault, key: KeyRecord, **changes: Any) -> bytes:
    place = {"owner": ALVANIA, "content_id": CONTENT, "sha256": DIGEST} | changes
    with under(
        Permission.MEDIA_ORIGINAL_PROCESS, lambda: room.open_original(vault.grant(CONTENT), key=key, **place)
    ) as file:
        return file.read()


def unveiled(room: Vault, key: KeyRecord, ciphertext: bytes, **changes: Any) -> bytes:
    place = {"owner": ALVANIA, "content_id": CONTENT} | changes
    return under(
        Permission.MEDIA_VEIL_VIEW,
        lambda: room.open_derived(vault.grant(CONTENT, OTHER), key=key, ciphertext=ciphertext, **place),
        ALICE,
    )


def test_what_was_stored_is_opened_whole(room: Vault) -> None:
    kept = stored(room)
    assert kept.size == len(PLAIN)
    assert kept.name == room.object_name(ALVANIA, DIGEST)
    assert opened(room, kept.key) == PLAIN


def test_an_empty_file_is_kept_and_opened_too(room: Vault) -> None:
    kept = stored(room, plain=b"")
    assert kept.size == 0
    assert opened(room, kept.key, sha256=hashlib.sha256(b"").digest()) == b""


def test_a_rendition_is_opened_under_its_own_key(room: Vault) -> None:
    key, ciphertext = sealed(room)
    assert MARKER not in ciphertext
    assert unveiled(room, key, ciphertext) == MARKER
    assert key.wrapped != stored(room).key.wrapped


class TestGrants:
    """A grant is made inside an operation that opens bytes, after its line was written, and by nothing else."""

    def test_its_line_stands_in_the_log_before_it_exists(self, room: Vault) -> None:
        event = under(Permission.MEDIA_VEIL_VIEW, lambda: vault.grant(CONTENT).event, ALICE)
        assert AuditEvent.objects.using("auditor").get(id=event).verb == "media:veil:view"

    def test_none_outside_an_operation(self) -> None:
        with pytest.raises(GuardMissing, match="inside an operation"):
            vault.grant(CONTENT)

    def test_none_inside_an_operation_that_opens_no_bytes(self) -> None:
        with pytest.raises(GuardMissing, match="opens no bytes"):
            under(Permission.CASE_CASE_OPEN, lambda: vault.grant(CONTENT), ALICE)

    def test_none_made_by_hand(self) -> None:
        with pytest.raises(GuardMissing, match="inside an operation"):
            Grant(object(), Permission.MEDIA_CLEAR_VIEW, frozenset({CONTENT}), uuid.uuid4())

    @pytest.mark.parametrize(
        "not_a_grant",
        [
            None,
            types.SimpleNamespace(permission=Permission.MEDIA_CLEAR_VIEW, contents={CONTENT}, event=OTHER),
        ],
    )
    def test_no_grant_no_bytes(self, room: Vault, not_a_grant: Any) -> None:
        kept = stored(room)
        key, ciphertext = sealed(room)
        with pytest.raises(GuardMissing, match="grant only"):
            room.open_original(not_a_grant, ALVANIA, CONTENT, DIGEST, kept.key)
        with pytest.raises(GuardMissing, match="grant only"):
            room.open_derived(not_a_grant, ALVANIA, CONTENT, key, ciphertext)

    def test_none_for_another_content(self, room: Vault) -> None:
        kept = stored(room)
        key, ciphertext = sealed(room, uuid.uuid4())
        with pytest.raises(GuardMissing, match="does not open"):
            opened(room, kept.key, content_id=OTHER)
        with pytest.raises(GuardMissing, match="does not open"):
            unveiled(room, key, ciphertext, content_id=uuid.uuid4())

    def test_a_veils_grant_opens_no_original(self, room: Vault) -> None:
        kept = stored(room)
        with pytest.raises(GuardMissing, match="does not open"):
            under(
                Permission.MEDIA_VEIL_VIEW,
                lambda: room.open_original(vault.grant(CONTENT), ALVANIA, CONTENT, DIGEST, kept.key),
                ALICE,
            )

    @pytest.mark.parametrize("permission", [Permission.MEDIA_CLEAR_VIEW, Permission.MEDIA_VEIL_VIEW])
    def test_both_ways_of_looking_open_a_rendition(self, room: Vault, permission: Permission) -> None:
        key, ciphertext = sealed(room)

        def look() -> bytes:
            return room.open_derived(vault.grant(CONTENT), ALVANIA, CONTENT, key, ciphertext)

        alice = dataclasses.replace(ALICE, confirmed_at=utc_now())  # the suite may take a while to come here
        assert under(permission, look, alice) == MARKER


@pytest.mark.parametrize(
    "write",
    [
        lambda room: room.store_original(ALVANIA, DIGEST, io.BytesIO(PLAIN)),
        lambda room: room.seal_derived(ALVANIA, CONTENT, MARKER),
        lambda room: room.remove_original(room.object_name(ALVANIA, DIGEST)),
    ],
)
def test_nothing_is_written_or_removed_outside_an_operation(
    room: Vault, write: Callable[[Vault], object]
) -> None:
    kept = stored(room)
    with pytest.raises(GuardMissing, match="inside an operation"):
        write(room)
    assert opened(room, kept.key) == PLAIN


class TestWhatWasChanged:
    """Everything that is not exactly what was sealed, for this owner and object, is refused."""

    def test_a_flipped_bit_anywhere(self, room: Vault, tmp_path: Path) -> None:
        kept = stored(room)
        [file] = (tmp_path / "blobs").rglob(kept.name)
        whole = file.read_bytes()
        file.chmod(0o600)
        for at in [
            0,
            20,
            39,
            40,
            1 << 20,
            len(whole) - 1,
            *(secrets.randbelow(len(whole)) for _ in range(6)),
        ]:
            broken = bytearray(whole)
            broken[at] ^= 1 << secrets.randbelow(8)
            file.write_bytes(broken)
            with pytest.raises(SealBroken):
                opened(room, kept.key)

    @pytest.mark.parametrize("left", [0, 39, 40, 56, 1 << 20, -1])
    def test_a_cut(self, room: Vault, tmp_path: Path, left: int) -> None:
        kept = stored(room)
        [file] = (tmp_path / "blobs").rglob(kept.name)
        file.chmod(0o600)
        file.write_bytes(file.read_bytes()[:left])
        with pytest.raises(SealBroken):
            opened(room, kept.key)

    def test_ciphertexts_that_changed_places(self, room: Vault, tmp_path: Path) -> None:
        one, two = stored(room), stored(room, plain=PLAIN + b".")
        files = [next((tmp_path / "blobs").rglob(kept.name)) for kept in (one, two)]
        bytes_of = [file.read_bytes() for file in files]
        for file, other in zip(files, reversed(bytes_of), strict=True):
            file.chmod(0o600)
            file.write_bytes(other)
        with pytest.raises(SealBroken):
            opened(room, one.key)
        with pytest.raises(KeyRefused):
            opened(room, two.key)

    def test_a_rendition_put_in_anothers_place(self, room: Vault) -> None:
        key, _ = sealed(room)
        other_key, other_ciphertext = sealed(room, OTHER)
        with pytest.raises(SealBroken):
            unveiled(room, key, other_ciphertext)
        with pytest.raises(KeyRefused):
            unveiled(room, other_key, other_ciphertext)

    def test_another_owner_unit_or_country(self, room: Vault) -> None:
        kept, (key, ciphertext) = stored(room), sealed(room)
        for owner in (BORELLIA, Owner(uuid.uuid4(), "ALV"), Owner(ALICE.unit, "BOR")):
            with pytest.raises(KeyRefused):
                opened(room, kept.key, owner=owner)
            with pytest.raises(KeyRefused):
                unveiled(room, key, ciphertext, owner=owner)

    def test_a_key_of_the_other_layer(self, room: Vault) -> None:
        kept, (key, ciphertext) = stored(room), sealed(room)
        with pytest.raises(KeyRefused):
            opened(room, key)
        with pytest.raises(KeyRefused):
            unveiled(room, kept.key, ciphertext)

    @pytest.mark.parametrize("part", ["wrapped", "commitment"])
    def test_a_wrapped_key(self, room: Vault, part: str) -> None:
        kept = stored(room)
        changed = bytearray(getattr(kept.key, part))
        changed[-1] ^= 1
        with pytest.raises(KeyRefused):
            opened(room, dataclasses.replace(kept.key, **{part: bytes(changed)}))

    def test_a_key_of_a_country_without_one(self, room: Vault) -> None:
        with pytest.raises(CountryClosed, match="DRE"):
            stored(room, Owner(ALICE.unit, "DRE"))


def test_nothing_plain_lies_in_the_store_nor_in_its_names(room: Vault, tmp_path: Path) -> None:
    kept = stored(room)
    part = room.part_cipher(uuid.uuid4()).apply(0, PLAIN)
    for path in tmp_path.rglob("*"):
        assert DIGEST.hex() not in str(path)
        if path.is_file():
            data = path.read_bytes()
            assert MARKER not in data
            assert DIGEST not in data
    assert kept.name != DIGEST.hex()
    assert MARKER not in part


def test_names_tell_nothing_without_the_stores_key_and_differ_by_owner(tmp_path: Path, room: Vault) -> None:
    with vault_in(tmp_path / "another") as other:
        assert other.object_name(ALVANIA, DIGEST) != room.object_name(ALVANIA, DIGEST)
    assert room.object_name(ALVANIA, DIGEST) == room.object_name(Owner(ALICE.unit, "BOR"), DIGEST)
    assert room.object_name(ALVANIA, DIGEST) != room.object_name(BORELLIA, DIGEST)


def test_two_owners_of_one_picture_keep_a_copy_each(room: Vault) -> None:
    own, theirs = stored(room), stored(room, BORELLIA)
    under(Permission.INTAKE_FILE_RECORD, lambda: room.remove_original(room.object_name(ALVANIA, DIGEST)))
    with pytest.raises(BlobMissing):
        opened(room, own.key)
    assert opened(room, theirs.key, owner=BORELLIA) == PLAIN


def test_the_same_bytes_twice_are_two_ciphertexts(room: Vault, tmp_path: Path) -> None:
    def ciphertext(kept: Stored) -> bytes:
        return next((tmp_path / "blobs").rglob(kept.name)).read_bytes()

    first = ciphertext(stored(room))
    assert ciphertext(stored(room)) != first


def test_an_orphan_of_a_run_that_died_is_replaced(room: Vault, tmp_path: Path) -> None:
    orphan = stored(room)
    kept = stored(room)
    assert kept.name == orphan.name
    assert opened(room, kept.key) == PLAIN
    with pytest.raises(SealBroken):
        opened(room, orphan.key)
    assert len(list((tmp_path / "blobs").rglob(kept.name))) == 1


def test_a_source_that_breaks_leaves_nothing_behind(room: Vault) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError("the line is cut")

    source: BinaryIO = Broken()  # type: ignore[assignment]  # what an interrupted upload reads like
    with pytest.raises(OSError, match="cut"):
        under(Permission.INTAKE_FILE_RECORD, lambda: room.store_original(ALVANIA, DIGEST, source))
    assert opened(room, stored(room).key) == PLAIN


def test_what_a_dead_writer_left_is_cleared_and_nothing_else(room: Vault, tmp_path: Path) -> None:
    kept = stored(room)
    left = tmp_path / "blobs" / "partial" / f"{kept.name}.0123"
    left.write_bytes(b"half")
    assert room.clear_partials(utc_now() - timedelta(hours=1)) == 0  # a writer may be at work
    assert room.clear_partials(utc_now() + timedelta(seconds=5)) == 1
    assert not left.exists()
    assert opened(room, kept.key) == PLAIN


def test_removing_what_was_never_there_is_no_failure(room: Vault) -> None:
    under(Permission.INTAKE_FILE_RECORD, lambda: room.remove_original(room.object_name(ALVANIA, DIGEST)))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plain=st.binary(max_size=400),
    cuts=st.lists(st.integers(0, 400), max_size=6),
    upload=st.uuids(),
)
def test_a_part_written_in_pieces_equals_one_pass_and_reads_back(
    room: Vault, plain: bytes, cuts: list[int], upload: uuid.UUID
) -> None:
    cipher = room.part_cipher(upload)
    edges = [0, *sorted(cut % (len(plain) + 1) for cut in cuts), len(plain)]
    pieces = [cipher.apply(a, plain[a:b]) for a, b in itertools.pairwise(edges)]
    whole = cipher.apply(0, plain)
    assert b"".join(pieces) == whole
    assert room.part_cipher(upload).apply(0, whole) == plain


def test_every_upload_has_a_key_of_its_own(room: Vault) -> None:
    one, other = (room.part_cipher(uuid.uuid4()).apply(0, bytes(64)) for _ in range(2))
    assert one != other
