"""Content as it comes in: one row per owner and digest, sealed bytes, veil and fingerprint in one go."""

import threading
import uuid
from collections.abc import Iterator

import pytest

from factories.actors import investigator
from factories.cases import borellian, directory
from factories.media import intake_service, new_content, picture, record, recorded, terms_of
from support.database import administrator
from vigie.engines.hashing.digests import digest_bytes
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.errors import GuardMissing, Invalid, NotFound
from vigie.kernel.operation import act_as
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.kernel.vault import Owner, Vault
from vigie.rooms.media import queries
from vigie.rooms.media.operations import record_contents, tighten_visibility
from vigie.rooms.media.schemas import Holding, Kind

COPIED = "audience, listed, excluded, answer_outside"


@pytest.fixture
def actor(database: None, stored_vault: Vault) -> Actor:
    directory()
    return investigator()


def recorded_as(actor: Actor, data: bytes, **changes: object) -> dict[bytes, uuid.UUID]:
    service = intake_service(actor)
    with act_as(service, clock=utc_now):
        return record(service, [new_content(data).model_copy(update=changes)], terms_of(actor))


def count(table: str) -> int:
    with administrator() as look:
        row = look.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_one_go_makes_row_key_veil_and_fingerprint(actor: Actor, stored_vault: Vault) -> None:
    data = picture(1)
    recorded_as(actor, data)
    digests = digest_bytes(data)
    tables = ("media_content", "media_originalkey", "media_rendition", "media_fingerprint")
    assert [count(table) for table in tables] == [1, 1, 1, 1]
    name = stored_vault.object_name(Owner(actor.unit, actor.country), digests.sha256)
    sealed = stored_vault._blobs.get(name)
    assert data not in sealed
    assert len(sealed) > len(data)
    with administrator() as look:
        row = look.execute(
            f"SELECT f.sha256 = c.sha256, f.sha1 = c.sha1, f.md5 = c.md5, f.size, f.public_id = c.public_id, "
            f"(c.{COPIED.replace(', ', ', c.')}) = (f.{COPIED.replace(', ', ', f.')}), "
            f"(c.{COPIED.replace(', ', ', c.')}) = (r.{COPIED.replace(', ', ', r.')}) "
            "FROM media_content c JOIN media_fingerprint f ON f.content_id = c.id "
            "JOIN media_rendition r ON r.content_id = c.id".encode()
        ).fetchone()
    assert row == (True, True, True, len(data), True, True, True)


def test_the_same_bytes_again_are_the_same_content(actor: Actor) -> None:
    assert recorded_as(actor, picture(1)) == recorded_as(actor, picture(1))
    assert count("media_content") == count("media_originalkey") == 1


def test_every_owner_keeps_a_row_and_bytes_of_its_own(actor: Actor, stored_vault: Vault) -> None:
    recorded_as(actor, picture(1))
    recorded_as(borellian(), picture(1))
    assert count("media_content") == 2
    assert len(list(stored_vault._blobs.names())) == 2


def test_a_file_nothing_could_be_decoded_of_is_still_found_by_its_digests(actor: Actor) -> None:
    recorded_as(actor, b"not a picture", refusal="unknown_format", veil=None, prints=(), kind=Kind.OTHER)
    assert (count("media_rendition"), count("media_fingerprint")) == (0, 1)


def test_recording_needs_an_operation(actor: Actor) -> None:
    service = intake_service(actor)
    with act_as(service, clock=utc_now), pytest.raises(GuardMissing):
        record_contents(service, [new_content(picture(1))], terms_of(actor))


def test_an_orphan_of_a_run_that_died_is_replaced(actor: Actor, stored_vault: Vault) -> None:
    class DiedError(Exception):
        pass

    service = intake_service(actor)

    def dies() -> None:
        with act_as(service, clock=utc_now):
            record(service, [new_content(picture(1))], terms_of(actor))
            raise DiedError

    with pytest.raises(DiedError):
        dies()
    assert (count("media_content"), len(list(stored_vault._blobs.names()))) == (0, 1)
    recorded_as(actor, picture(1))
    assert len(list(stored_vault._blobs.names())) == 1


@pytest.fixture
def two_at_once() -> Iterator[list[threading.Thread]]:
    threads: list[threading.Thread] = []
    yield threads
    for thread in threads:
        thread.join()


def test_two_runs_that_meet_make_one_content_whose_bytes_open(
    actor: Actor, stored_vault: Vault, two_at_once: list[threading.Thread], django_db_blocker: object
) -> None:
    from django.db import connections

    from vigie.kernel.vault import KeyRecord

    service = intake_service(actor)
    data = [picture(seed) for seed in range(8)]
    failures: list[BaseException] = []
    start = threading.Barrier(2)

    def run(order: list[bytes]) -> None:
        try:
            start.wait()
            with act_as(service, clock=utc_now):
                record(service, [new_content(one) for one in order], terms_of(actor))
        except BaseException as error:  # noqa: BLE001 - whatever went wrong in the thread is the test's answer
            failures.append(error)
        finally:
            connections["default"].close()

    two_at_once += [threading.Thread(target=run, args=(order,)) for order in (data, data[::-1])]
    for thread in two_at_once:
        thread.start()
    for thread in two_at_once:
        thread.join()
    assert failures == []
    assert count("media_content") == count("media_originalkey") == 8
    owner = Owner(actor.unit, actor.country)
    with administrator() as look:
        rows = look.execute(
            "SELECT c.sha256, k.key_id, k.wrapped, k.commitment FROM media_originalkey k "
            "JOIN media_content c ON c.id = k.content_id"
        ).fetchall()
    for sha256, key_id, wrapped, commitment in rows:
        key = KeyRecord(key_id, wrapped, commitment)
        data_key = stored_vault._unwrap(owner, b"original", sha256, key)
        from io import BytesIO

        from vigie.engines import sealing
        from vigie.kernel.vault import _bound

        out = BytesIO()
        with stored_vault._blobs.open(stored_vault.object_name(owner, sha256)) as sealed:
            sealing.unseal(sealed, out, data_key, _bound(owner, b"original", sha256))
        assert digest_bytes(out.getvalue()).sha256 == sha256


def test_claimed_digests_give_way_when_the_bytes_arrive(actor: Actor) -> None:
    data = picture(1)
    recorded_as(actor, data)
    with administrator() as look:
        look.execute(
            "DELETE FROM media_fingerprint; DELETE FROM media_originalkey; DELETE FROM media_rendition"
        )
        look.execute("UPDATE media_content SET holding = 'not_held', sha1 = 'x', size = 1")
    with act_as(actor, clock=utc_now):
        assert queries.held(actor, [digest_bytes(data).sha256]) == {}
    recorded_as(actor, data)
    with administrator() as look:
        row = look.execute("SELECT holding, sha1, size FROM media_content").fetchone()
    assert row == (Holding.OWN_COPY, digest_bytes(data).sha1, len(data))
    assert count("media_fingerprint") == count("media_originalkey") == 1


def test_content_held_for_a_purpose_this_work_may_not_read_is_left_out_of_the_answer(actor: Actor) -> None:
    recorded_as(actor, picture(1))
    with administrator() as look:
        look.execute("UPDATE media_content SET purpose = 'training'")
    assert recorded_as(actor, picture(1)) == {}
    assert Purpose.TRAINING not in actor.readable_purposes


def test_only_own_verified_bytes_count_as_held(actor: Actor) -> None:
    digest = digest_bytes(picture(1)).sha256
    recorded_as(borellian(), picture(1))
    with act_as(actor, clock=utc_now):
        assert queries.held(actor, [digest]) == {}
    recorded_as(actor, picture(1))
    with act_as(actor, clock=utc_now):
        assert set(queries.held(actor, [digest, bytes(32)])) == {digest}


def test_tightening_moves_content_veil_and_fingerprint_together(actor: Actor) -> None:
    content = recorded(actor, seed=1)
    other = borellian()
    with act_as(other, clock=utc_now):
        assert queries.content(other, content).has_veil
    with act_as(actor, clock=utc_now):
        tighten_visibility(
            actor, content, audience=Audience.LISTED, listed=["CAS"], answer_outside=AnswerOutside.SILENT
        )
    with administrator() as look:
        rows = {
            table: look.execute(f"SELECT {COPIED} FROM {table}".encode()).fetchall()
            for table in ("media_content", "media_rendition", "media_fingerprint")
        }
    assert set(map(str, rows.values())) == {str([("listed", ["CAS"], [], "silent")])}
    with act_as(other, clock=utc_now), pytest.raises(NotFound):
        queries.content(other, content)


def test_nobody_widens_and_nobody_narrows_for_others(actor: Actor) -> None:
    content = recorded(actor, seed=1, audience=Audience.COUNTRY)
    wider = {"audience": Audience.COMMUNITY, "answer_outside": AnswerOutside.SILENT}
    with act_as(actor, clock=utc_now), pytest.raises(Invalid):
        tighten_visibility(actor, content, **wider)  # type: ignore[arg-type]  # names as the operation has them
    shared = recorded(actor, seed=2)
    other = borellian()
    with act_as(other, clock=utc_now), pytest.raises(NotFound):
        tighten_visibility(other, shared, audience=Audience.UNIT, answer_outside=AnswerOutside.SILENT)


def test_prints_are_a_units_own(actor: Actor) -> None:
    [row_id] = recorded_as(actor, picture(1)).values()
    with act_as(actor, clock=utc_now):
        [only] = queries.prints(actor, [row_id])
    assert (only.frame_ms, only.quality, only.sha256) == (-1, 90, digest_bytes(picture(1)).sha256)
    other = borellian()
    with act_as(other, clock=utc_now):
        assert queries.prints(other, [row_id]) == ()
