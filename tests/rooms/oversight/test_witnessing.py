"""Outside witnesses: added by oversight, pulling on their own, kept only when they hold, and shown."""

import base64
import dataclasses
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.test import Client, override_settings

from factories.oversight import Outsider, kept_and_signed, outsider
from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from support.database import administrator
from support.installed import checkpoint_key
from support.time_stamps import TimeStampAuthority
from vigie.engines.proofs import (
    SigningKey,
    WitnessKey,
    WitnessSigningKey,
    cosign,
    parse_checkpoint,
    sign_checkpoint,
    stamp_request,
    verify_bundle,
    with_lines,
)
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.oversight import operations, queries
from vigie.rooms.oversight.schemas import Witnessing

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def key() -> Iterator[SigningKey]:
    with checkpoint_key() as made:
        yield made


@pytest.fixture
def board(database: None) -> Somebody:
    add_unit("board", "ALV")
    add_unit("alv", "ALV")
    return add_person("olga", "board", Role.OVERSIGHT, certified_days=0)


@pytest.fixture
def first(board: Somebody, key: SigningKey, tmp_path: Path) -> Outsider:
    return outsider(tmp_path, "first.example/w", board, key)


def state() -> Witnessing:
    return queries.witnessing(now=utc_now())


def record(person: Somebody, note: str) -> int:
    with act_as(person.actor, clock=utc_now):
        return operations.record_cosignatures(person.actor, note=note)


def page(person: Somebody) -> str:
    return browser(person).get("/log/").content.decode()


def test_a_witness_pulls_judges_and_hands_over_and_the_page_says_so(
    board: Somebody, first: Outsider, key: SigningKey, tmp_path: Path
) -> None:
    assert "No external witness has signed yet." in page(board)
    kept_and_signed(key)
    signed = first.pull()
    assert first.hand_over(signed.note) == 200
    assert (state().by_one, state().by_two, state().fresh, state().active) == (signed.size, 0, 1, 1)
    assert "One witness alone" in page(board)
    second = outsider(tmp_path, "second.example/w", board, key)
    kept_and_signed(key)
    later = second.pull()
    assert later.size > signed.size
    assert second.hand_over(later.note) == 200
    assert (state().by_one, state().by_two) == (later.size, signed.size)
    shown = page(board)
    assert f"Witnessed to entry {later.size} by second.example/w" in shown
    assert f"Two saw it to entry {signed.size}" in shown
    kept_and_signed(key)
    assert first.hand_over(first.pull().note) == 200
    assert state().by_two == later.size


def test_what_the_log_sends_holds_no_personal_data_and_proves_its_growth(
    first: Outsider, key: SigningKey
) -> None:
    kept_and_signed(key)
    start = first.pull().size
    add_person("lea", "alv")
    kept_and_signed(key)
    text = first.client.get(f"/api/v1/audit/checkpoint?old={start}").content.decode()
    assert text.startswith(f"old {start}\n")
    assert "lea" not in text
    head, _, note = text.partition("\n\n")
    assert all(len(base64.b64decode(line)) == 32 for line in head.splitlines()[1:])
    assert parse_checkpoint(note).size > start
    assert first.pull().size > start


def test_a_checkpoint_in_the_middle_can_be_asked_for_and_one_that_is_not_there_cannot(
    first: Outsider, key: SigningKey
) -> None:
    assert first.client.get("/api/v1/audit/checkpoint").status_code == 404
    middle = kept_and_signed(key).size
    add_person("lea", "alv")
    kept_and_signed(key)
    asked = first.client.get(f"/api/v1/audit/checkpoint?old=1&size={middle}").content.decode()
    assert parse_checkpoint(asked.partition("\n\n")[2]).size == middle
    assert first.client.get("/api/v1/audit/checkpoint?size=1").status_code == 404
    assert first.client.get("/api/v1/audit/checkpoint?old=-1").status_code == 404
    beyond = first.client.get("/api/v1/audit/checkpoint?old=99999").content.decode()
    assert beyond.startswith("old 99999\n\n")


def test_a_witness_may_do_its_two_things_and_nothing_else(first: Outsider, key: SigningKey) -> None:
    kept_and_signed(key)
    for address in (
        "/api/v1/audit",
        "/api/v1/audit/bundle",
        "/api/v1/cases",
        "/api/v1/audit/witnesses",
        "/log/",
    ):
        assert first.client.get(address).status_code == 403, address
    assert first.client.get("/api/v1/audit/checkpoint").status_code == 200
    stranger = Client(headers={"Authorization": "Witness nobody"})
    assert stranger.get("/api/v1/audit/checkpoint").status_code == 401
    assert Client().get("/api/v1/audit/checkpoint").status_code == 401


def test_only_oversight_confirmed_a_moment_ago_adds_and_ends_witnesses(
    board: Somebody, first: Outsider, key: SigningKey
) -> None:
    public = str(WitnessSigningKey.generate("other.example/w").verifier)
    stale = dataclasses.replace(board.actor, confirmed_at=utc_now() - timedelta(minutes=6))
    ines = add_person("ines", "alv", Role.SUPERVISOR)
    for actor in (stale, ines.actor):
        with pytest.raises(Refused), act_as(actor, clock=utc_now):
            operations.add_witness(actor, key=public)
        with pytest.raises(Refused), act_as(actor, clock=utc_now):
            operations.end_witness(actor, name="first.example/w")
    assert lines_of("audit:witness:add")[0][2] == {
        "key_id": WitnessKey.parse(str(first.witness.key.verifier)).key_id.hex()
    }
    with act_as(board.actor, clock=utc_now):
        operations.end_witness(board.actor, name="first.example/w")
    with pytest.raises(NotFound), act_as(board.actor, clock=utc_now):
        operations.end_witness(board.actor, name="first.example/w")
    kept_and_signed(key)
    assert first.client.get("/api/v1/audit/checkpoint").status_code == 401
    assert (state().active, len(state().witnesses)) == (0, 1)
    assert "ended" in page(board)


def test_a_key_that_is_none_or_was_there_before_is_refused(
    board: Somebody, first: Outsider, key: SigningKey
) -> None:
    same_key = WitnessSigningKey("another.example/w", first.witness.key.seed)
    same_name = WitnessSigningKey.generate("first.example/w")
    logs_own = WitnessSigningKey("own.example/w", key.seed)
    for text, kind in (
        ("no key", Invalid),
        (str(key.verifier), Invalid),
        (str(logs_own.verifier), Invalid),
        (str(same_key.verifier), Conflict),
        (str(same_name.verifier), Conflict),
    ):
        with pytest.raises(kind), act_as(board.actor, clock=utc_now):
            operations.add_witness(board.actor, key=text)


def test_nothing_is_kept_that_was_not_verified(board: Somebody, first: Outsider, key: SigningKey) -> None:
    head = kept_and_signed(key)
    other = sign_checkpoint(head.size, bytes(32), key)
    stranger = WitnessSigningKey.generate("stranger.example/w")
    secret, now = first.witness.key, utc_now()
    bent = with_lines(head, [dataclasses.replace(cosign(head, secret, at=now), signature=bytes(72))])
    for note, kind in (
        ("no note", Invalid),
        (with_lines(other, [cosign(other, secret, at=now)]).note, Conflict),
        (sign_checkpoint(99_999, bytes(32), key).note, Conflict),
        (head.note, Invalid),
        (with_lines(head, [cosign(head, stranger, at=now)]).note, Invalid),
        (bent.note, Invalid),
        (with_lines(head, [cosign(head, secret, at=now + timedelta(minutes=6))]).note, Invalid),
    ):
        with pytest.raises(kind):
            record(board, note)
    assert state().by_one == 0


def test_oversight_hands_in_what_came_on_a_stick_and_twice_is_once(
    board: Somebody, first: Outsider, key: SigningKey, tmp_path: Path
) -> None:
    kept_and_signed(key)
    note = first.pull().note
    assert record(board, note) == 1
    assert record(board, note) == 0
    assert [facts["cosignatures"] for _, _, facts in lines_of("audit:cosignature:record")] == [1, 0]
    with pytest.raises(Refused):
        record(add_person("ines", "alv", Role.SUPERVISOR), note)
    second = outsider(tmp_path, "second.example/w", board, key)
    assert second.hand_over(note) == 422  # a witness hands in its own line only


def test_what_was_kept_is_never_changed(first: Outsider, key: SigningKey) -> None:
    kept_and_signed(key)
    first.hand_over(first.pull().note)
    for statement in (
        "UPDATE oversight_cosignature SET size = 1",
        "DELETE FROM oversight_cosignature",
        "DELETE FROM oversight_witness",
        "UPDATE oversight_witness SET key = ''",
    ):
        for alias in ("jobs", "plumbing", "auditor"):
            with pytest.raises(DatabaseError), transaction.atomic(using=alias):
                connections[alias].cursor().execute(statement)
        if "oversight_cosignature" in statement:
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"), administrator() as owner:
                owner.execute(statement.encode())


def test_a_checkpoint_without_two_witnesses_is_late_after_a_day(
    board: Somebody, first: Outsider, key: SigningKey, tmp_path: Path
) -> None:
    now = utc_now()
    assert queries.unwitnessed_since(now=now) is None
    kept_and_signed(key, at=now - timedelta(hours=25))
    assert queries.unwitnessed_since(now=now) == now - timedelta(hours=25)
    assert queries.unwitnessed_since(now=now - timedelta(hours=2)) is None
    first.hand_over(first.pull().note)
    assert queries.unwitnessed_since(now=now) == now - timedelta(hours=25)
    second = outsider(tmp_path, "second.example/w", board, key)
    second.hand_over(second.pull().note)
    assert queries.unwitnessed_since(now=now) is None


def test_the_export_carries_the_cosignatures_and_the_witnesses_keys(
    board: Somebody, first: Outsider, key: SigningKey
) -> None:
    kept_and_signed(key)
    signed = first.pull()
    first.hand_over(signed.note)
    with act_as(board.actor, clock=utc_now):
        bundle = operations.export_log(board.actor)
    trusted = WitnessKey.parse(str(first.witness.key.verifier))
    report = verify_bundle(io.BytesIO(bundle), key.verifier, witnesses=[trusted])
    assert [(one.witness, one.size) for one in report.witnessed] == [("first.example/w", signed.size)]


def test_a_time_stamp_is_verified_kept_and_carried(board: Somebody, key: SigningKey, tmp_path: Path) -> None:
    authority, head = TimeStampAuthority(tmp_path / "tsa"), kept_and_signed(key)
    reply = authority.reply(stamp_request(head.note))

    def stamp(person: Somebody, *, size: int = head.size, token: bytes = reply, ca: Path | None) -> None:
        with act_as(person.actor, clock=utc_now):
            operations.record_stamp(person.actor, size=size, reply=token, authorities=ca)

    with pytest.raises(Invalid, match="trusts no time-stamp authority"):
        stamp(board, ca=None)
    with pytest.raises(Invalid, match="does not hold"):
        stamp(board, token=reply[:-9], ca=authority.certificates)
    with pytest.raises(NotFound):
        stamp(board, size=99_999, ca=authority.certificates)
    with pytest.raises(Refused):
        stamp(add_person("ines", "alv", Role.SUPERVISOR), ca=authority.certificates)
    stamp(board, ca=authority.certificates)
    assert lines_of("audit:stamp:record")[-1][2] == {"size": head.size}
    with act_as(board.actor, clock=utc_now):
        bundle = operations.export_log(board.actor)
    report = verify_bundle(io.BytesIO(bundle), key.verifier, authorities=authority.certificates)
    assert [(one.size, one.reason) for one in report.stamps] == [(head.size, "verified")]


def test_the_api_adds_lists_and_ends_witnesses_and_takes_stamps(
    board: Somebody, key: SigningKey, tmp_path: Path
) -> None:
    from factories.clients import terminal

    client, public = terminal(board), str(WitnessSigningKey.generate("far.example/w").verifier)

    def post(where: str, **body: Any) -> Any:
        return client.post(f"/api/v1/audit/{where}", body, content_type="application/json")

    added = post("witnesses", key=public)
    assert added.status_code == 201
    assert added.json()["log_key"] == str(key.verifier)
    assert [one["name"] for one in client.get("/api/v1/audit/witnesses").json()["witnesses"]] == [
        "far.example/w"
    ]
    assert post("witnesses/end", name="far.example/w").status_code == 204
    authority, head = TimeStampAuthority(tmp_path / "tsa"), kept_and_signed(key)
    reply = base64.b64encode(authority.reply(stamp_request(head.note))).decode()
    assert post("stamps", size=head.size, reply="?").status_code == 422
    assert post("stamps", size=head.size, reply=reply).status_code == 422
    named = settings.VIGIE.model_copy(update={"stamp_certificates": authority.certificates})
    with override_settings(VIGIE=named):
        assert post("stamps", size=head.size, reply=reply).status_code == 204
