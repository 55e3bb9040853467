"""Stored media looked after: checked from end to end, moved to newer keys, and closed for one country only."""

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from factories.actors import investigator
from factories.media import recorded, vault_in
from support.database import administrator
from vigie.kernel import jobs
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Refused
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.vault import CountryClosed, Vault
from vigie.rooms.media import tasks
from vigie.rooms.media.models import OriginalKey, Rendition
from vigie.rooms.media.operations import check_stored, clear_view, rewrap_later, rewrap_some, veiled_page
from vigie.rooms.media.schemas import ClearReason

pytestmark = pytest.mark.usefixtures("database")
ALICE = investigator()
BELA = investigator(unit=uuid.uuid4(), country="BOR")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Vault]:
    with vault_in(tmp_path) as made:
        yield made


def custodian(person: Actor) -> Actor:
    return jobs.OnBehalf.of(person).service(Role.SERVICE_CUSTODY)


def as_(actor: Actor, act: Callable[..., Any], *given: Any, **more: Any) -> Any:
    with act_as(actor, clock=utc_now):
        return act(actor, *given, **more)


def objects(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "blobs").rglob("*") if path.is_file())


def key_ids() -> set[str]:
    with administrator() as look:
        return {
            row[0]
            for row in look.execute(
                "SELECT key_id FROM media_originalkey UNION SELECT key_id FROM media_rendition"
            )
        }


class TestChecking:
    def test_what_is_as_it_was_sealed_has_no_fault_and_its_line_in_the_log(self, room: Vault) -> None:
        for seed in range(3):
            recorded(ALICE, seed=seed)
        found = as_(custodian(ALICE), check_stored)
        assert (found.contents, found.faults) == (3, ())
        assert found.bytes > 0
        line = AuditEvent.objects.using("auditor").filter(verb="media:original:check").get()
        assert line.facts["contents"] == 3

    def test_it_goes_on_behind_the_last(self, room: Vault) -> None:
        for seed in range(3):
            recorded(ALICE, seed=seed)
        first = as_(custodian(ALICE), check_stored, limit=2)
        rest = as_(custodian(ALICE), check_stored, after=first.last)
        assert (first.contents, rest.contents) == (2, 1)
        assert as_(custodian(ALICE), check_stored, after=rest.last).last is None
        assert as_(custodian(ALICE), check_stored, only=[first.last]).contents == 1

    def test_a_flipped_bit_a_missing_object_and_a_changed_veil_are_found(
        self, room: Vault, tmp_path: Path
    ) -> None:
        for seed in range(3):
            recorded(ALICE, seed=seed)
        flipped, gone, _ = objects(tmp_path)
        data = bytearray(flipped.read_bytes())
        data[len(data) // 2] ^= 1
        flipped.write_bytes(data)
        gone.unlink()
        with administrator() as admin:
            admin.execute(
                "UPDATE media_rendition SET ciphertext = ciphertext || '\\x00' WHERE id = "
                "(SELECT id FROM media_rendition ORDER BY id LIMIT 1)"
            )
        faults = as_(custodian(ALICE), check_stored).faults
        assert {fault.object_name for fault in faults if fault.what == "original"} == {
            flipped.name,
            gone.name,
        }
        assert [fault.what for fault in faults].count("veil") == 1
        assert not any(fault.closed for fault in faults)

    def test_another_units_media_are_not_read_and_a_person_may_not_check(self, room: Vault) -> None:
        recorded(BELA, seed=1)
        assert as_(custodian(ALICE), check_stored).contents == 0
        with pytest.raises(Refused):
            as_(ALICE, check_stored)


class TestMovingToANewerKey:
    def test_every_data_key_is_moved_and_everything_goes_on_opening(self, room: Vault) -> None:
        shown = [recorded(ALICE, seed=seed) for seed in range(5)]
        theirs = recorded(BELA, seed=9)
        newest = room._keys.rotate("ALV", 2026)
        first = as_(custodian(ALICE), rewrap_some, limit=4)
        assert (first.key_id, first.moved, first.left) == (newest, 4, True)
        second = as_(custodian(ALICE), rewrap_some)
        assert (second.moved, second.left) == (6, False)
        assert as_(custodian(ALICE), rewrap_some).moved == 0
        assert key_ids() == {newest, "BOR-2026-1"}
        room._keys.destroy("ALV-2026-1")
        assert len(as_(ALICE, veiled_page, shown)) == 5
        assert as_(custodian(ALICE), check_stored).faults == ()
        assert len(as_(BELA, veiled_page, [theirs])) == 1
        lines = AuditEvent.objects.using("auditor").filter(verb="media:key:rewrap")
        assert sorted(line.facts["moved"] for line in lines) == [0, 4, 6]

    def test_a_job_does_it_for_the_unit_and_may_run_twice(self, room: Vault) -> None:
        recorded(ALICE, seed=1)
        newest = room._keys.rotate("ALV", 2026)
        as_(custodian(ALICE), rewrap_later)
        as_(custodian(ALICE), rewrap_later)
        with administrator() as look:
            [(name, arguments)] = look.execute("SELECT task_name, args FROM procrastinate_jobs").fetchall()
        assert name == "media.rewrap"
        for _ in range(2):
            tasks.rewrap(**arguments)
        assert key_ids() == {newest}

    def test_reading_never_fails_meanwhile(self, room: Vault) -> None:
        shown = [recorded(ALICE, seed=seed) for seed in range(6)]
        failed: list[BaseException] = []
        done = threading.Event()

        def read() -> None:
            try:
                while not done.is_set():
                    assert len(as_(ALICE, veiled_page, shown)) == 6
            except BaseException as error:  # noqa: BLE001 - told to the test
                failed.append(error)
            finally:
                connections.close_all()

        reader = threading.Thread(target=read)
        reader.start()
        try:
            for _ in range(3):
                room._keys.rotate("ALV", 2026)
                while as_(custodian(ALICE), rewrap_some, limit=3).left:
                    pass
        finally:
            done.set()
            reader.join()
        assert failed == []

    def test_a_key_that_is_away_changes_nothing(self, room: Vault, tmp_path: Path) -> None:
        recorded(ALICE, seed=1)
        (tmp_path / "keys" / "ALV-2026-1.json").rename(tmp_path / "away")
        with pytest.raises(CountryClosed, match="ALV"):
            as_(custodian(ALICE), rewrap_some)
        assert key_ids() == {"ALV-2026-1"}

    def test_another_units_keys_stay_and_a_person_may_not_move_any(self, room: Vault) -> None:
        recorded(BELA, seed=1)
        assert as_(custodian(ALICE), rewrap_some).moved == 0
        with pytest.raises(Refused):
            as_(ALICE, rewrap_some)
        with pytest.raises(Refused):
            as_(ALICE, rewrap_later)


class TestOneCountrysKeyIsLost:
    def test_its_media_stay_closed_and_those_of_others_open(self, room: Vault, tmp_path: Path) -> None:
        own, theirs = recorded(ALICE, seed=1), recorded(BELA, seed=2)
        (tmp_path / "keys" / "ALV-2026-1.json").rename(tmp_path / "away")
        assert set(as_(BELA, veiled_page, [own, theirs])) == {theirs}
        assert as_(ALICE, veiled_page, [own]) == {}
        with pytest.raises(CountryClosed, match="The key of ALV is not here") as closed:
            as_(replace(ALICE, confirmed_at=utc_now()), clear_view, own, next(iter(ClearReason)).value)
        assert closed.value.status == 503
        [fault, _] = as_(custodian(ALICE), check_stored).faults
        assert fault.closed
        assert as_(custodian(BELA), check_stored).faults == ()
        (tmp_path / "away").rename(tmp_path / "keys" / "ALV-2026-1.json")
        assert set(as_(ALICE, veiled_page, [own])) == {own}

    def test_nothing_of_it_is_stored_and_nothing_half_done_is_left(self, room: Vault, tmp_path: Path) -> None:
        (tmp_path / "keys" / "ALV-2026-1.json").rename(tmp_path / "away")
        with pytest.raises(CountryClosed):
            recorded(ALICE, seed=1)
        recorded(BELA, seed=2)
        with administrator() as look:
            assert look.execute("SELECT owner_country FROM media_content").fetchall() == [("BOR",)]


def test_rows_keep_their_commitment(room: Vault) -> None:
    recorded(ALICE, seed=1)
    with act_as(custodian(ALICE), clock=utc_now):
        before = {
            bytes(row.commitment)
            for model in (OriginalKey, Rendition)
            for row in model.objects.for_actor(custodian(ALICE))
        }
    room._keys.rotate("ALV", 2026)
    as_(custodian(ALICE), rewrap_some)
    with administrator() as look:
        after = look.execute(
            "SELECT commitment FROM media_originalkey UNION SELECT commitment FROM media_rendition"
        ).fetchall()
    assert {row[0] for row in after} == before
