"""Sealed files: kept, compared by digest where the law allows, and looked into by nobody before an authority is recorded."""

import dataclasses
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection

from factories.actors import investigator
from factories.cases import borellian, opened_exhibit
from factories.intake import (
    Neighbour,
    answered,
    arrived,
    closed,
    handed_in,
    line,
    opened_submission,
    sha256,
    worked,
)
from factories.media import picture
from support.database import administrator
from vigie.engines.imaging import ConfinedPool
from vigie.kernel import context, gate
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused, StepUpNeeded
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.operation import about, act_as, operation
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.cases import queries as cases
from vigie.rooms.cases.schemas import Share
from vigie.rooms.intake import operations, tasks
from vigie.rooms.intake.models import SealAuthority
from vigie.rooms.intake.queries import authorities, sealed_page
from vigie.rooms.intake.rules import AuthorityKind, Status
from vigie.rooms.intake.schemas import NewAuthority
from vigie.rooms.media import queries as media
from vigie.rooms.media.models import Content, Rendition
from vigie.rooms.media.operations import clear_view, read_at_every_pixel, tighten_visibility, veiled_page
from vigie.rooms.media.schemas import ContentState
from vigie.rooms.units.models import Country
from vigie.rooms.units.schemas import UnviewedFiles

pytestmark = pytest.mark.usefixtures("matching")
DATA = picture(1, 320, 240)
WARRANT = NewAuthority(kind=AuthorityKind.WARRANT, reference="W 12/26", issuer="District court of Alva")


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with administrator() as look:
        return look.execute(query.encode(), values).fetchall()


def supervisor(actor: Actor, **changes: Any) -> Actor:
    return dataclasses.replace(actor, roles=frozenset({Role.SUPERVISOR}), id=uuid.uuid4(), **changes)


def law_says(rule: UnviewedFiles) -> None:
    with gate.opened():
        Country.objects.filter(code="ALV").update(unviewed_files=rule.value)


def sealed_in(actor: Actor, *files: bytes, exhibit: uuid.UUID | None = None, **case: Any) -> uuid.UUID:
    """The exhibit under which these files were handed in sealed and worked on."""
    under = exhibit or opened_exhibit(actor, **case)
    submission = opened_submission(actor, under)
    lines = [line(entry, data, sealed=True) for entry, data in enumerate(files)]
    for answer, data in zip(answered(actor, submission, *lines), files, strict=True):
        if answer.status is Status.WANTED:
            arrived(actor, submission, answer.entry, data)
    closed(actor, submission)
    worked(actor, submission)
    return under


def opened_by(actor: Actor, exhibit: uuid.UUID, wanted: NewAuthority = WARRANT) -> uuid.UUID:
    """The authority is on record and its job has run; its public id."""
    boss = supervisor(actor)
    with act_as(boss, clock=utc_now):
        recorded = operations.record_authority(boss, exhibit, wanted)
    run(boss, recorded.id)
    return recorded.id


def run(actor: Actor, authority: uuid.UUID) -> None:
    with act_as(actor, clock=utc_now):
        row_id = SealAuthority.objects.for_actor(actor).get(public_id=authority).id
    tasks.open_sealed(on_behalf=OnBehalf.of(actor).as_arguments(), authority=str(row_id))


def only(actor: Actor, exhibit: uuid.UUID) -> Any:
    with act_as(actor, clock=utc_now):
        [found] = media.contents_of_exhibit(actor, exhibit).contents
    return found


def veil_for(row: Content) -> None:
    kept = ("owner_unit", "owner_country", "recorded_by", "recorded_at", "purpose", "legal_basis")
    Rendition.objects.create(
        content=row,
        kind="veil",
        width=1,
        height=1,
        wrapped=b"",
        commitment=b"",
        ciphertext=b"",
        **{name: getattr(row, name) for name in kept},
    )


class TestWhileItIsSealed:
    def test_it_has_digests_and_nothing_that_came_from_its_pixels(
        self, actor: Actor, matching: Neighbour
    ) -> None:
        exhibit = sealed_in(actor, DATA)
        found = only(actor, exhibit)
        assert found.state is ContentState.SEALED
        assert (found.kind, found.format, found.width, found.has_veil) == ("other", "", None, False)
        assert rows("SELECT sealed, pdq, dihedral FROM media_fingerprint") == [(True, None, None)]
        assert rows("SELECT count(*) FROM media_rendition") == [(0,)]
        assert len(matching.asked) == 1  # its digests were compared

    def test_the_decoder_is_not_even_started(self, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise AssertionError("somebody looked into a sealed file")

        monkeypatch.setattr(ConfinedPool, "analyse", refuse)
        monkeypatch.setattr(ConfinedPool, "frames", refuse)
        sealed_in(actor, DATA)
        assert rows("SELECT refusal, sealed FROM media_content") == [("", True)]

    def test_no_digest_of_it_is_shown(self, actor: Actor) -> None:
        exhibit = sealed_in(actor, DATA)
        assert only(actor, exhibit).sha256 == ""
        with act_as(actor, clock=utc_now):
            page = sealed_page(actor, exhibit)
        assert sha256(DATA).hex() not in page.model_dump_json()
        assert [one.paths for one in page.files] == [("DCIM/0000.jpg",)]

    def test_nobody_opens_it_not_even_whoever_may_open_everything_else(self, actor: Actor) -> None:
        content = only(actor, sealed_in(actor, DATA)).public_id
        with act_as(actor, clock=utc_now):
            assert veiled_page(actor, [content]) == {}
        with pytest.raises(Refused) as refused, act_as(actor, clock=utc_now):
            clear_view(actor, content, "safeguarding")
        assert refused.value.code == "sealed"
        assert rows("SELECT outcome, reason FROM audit_event WHERE verb = 'media:clear:view'") == [
            ("refused", "sealed")
        ]

    def test_it_is_not_read_again_near_the_limit(self, actor: Actor) -> None:
        sealed_in(actor, DATA)
        [(row_id,)] = rows("SELECT id FROM media_content")
        service = OnBehalf.of(actor).service(Role.SERVICE_INTAKE)
        with act_as(service, clock=utc_now):
            assert read_at_every_pixel(service, [row_id]) == []

    def test_the_unit_alone_sees_it_whatever_the_case_says(self, actor: Actor) -> None:
        exhibit = sealed_in(actor, DATA, share=Share.COMMUNITY)
        content = only(actor, exhibit).public_id
        assert rows("SELECT audience, answer_outside FROM media_fingerprint") == [("unit", "contact_only")]
        theirs = borellian()
        with act_as(theirs, clock=utc_now):
            assert media.facts(theirs, [content]) == {}

    def test_the_database_keeps_codes_and_renditions_of_it_out(self, actor: Actor) -> None:
        sealed_in(actor, DATA)
        with (
            pytest.raises(IntegrityError),
            context.acting_as(actor, clock=utc_now),
            gate.opened(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE media_fingerprint SET pdq = %s", [bytes(32)])
        with pytest.raises(IntegrityError), context.acting_as(actor, clock=utc_now), gate.opened():
            veil_for(Content.objects.for_actor(actor).get())

    def test_its_chain_of_custody_counts_it(self, actor: Actor) -> None:
        exhibit = sealed_in(actor, DATA, picture(2))
        with act_as(actor, clock=utc_now):
            recorded = cases.custody(actor, exhibit)[-1]
        assert recorded.parameters["sealed"] == 2


class TestWhatTheLawOfTheCountrySays:
    def test_where_it_forbids_comparing_nobody_is_asked_and_nobody_is_answered(
        self, actor: Actor, matching: Neighbour
    ) -> None:
        law_says(UnviewedFiles.CLOSED)
        exhibit = sealed_in(actor, DATA)
        assert only(actor, exhibit).state is ContentState.SEALED
        assert rows("SELECT count(*) FROM media_fingerprint") == [(0,)]
        assert rows("SELECT state FROM intake_manifestentry") == [("matched",)]
        content = only(actor, exhibit).public_id
        with act_as(actor, clock=utc_now):
            assert media.comparable(actor, [content]) == {}

    def test_where_it_knows_no_seal_the_file_is_like_any_other(self, actor: Actor) -> None:
        law_says(UnviewedFiles.OPEN)
        found = only(actor, sealed_in(actor, DATA))
        assert (found.state, found.has_veil) == (ContentState.SHOWN, True)


class TestTheManifest:
    def test_what_the_unit_holds_sealed_travels_when_it_comes_without_a_seal(self, actor: Actor) -> None:
        sealed_in(actor, DATA)
        again = opened_submission(actor, opened_exhibit(actor, "E-2", case=case_of(actor)))
        open_line, sealed_line = line(0, DATA), line(1, DATA, sealed=True)
        assert [one.status for one in answered(actor, again, sealed_line)] == [Status.KNOWN]
        assert [one.status for one in answered(actor, again, open_line)] == [Status.WANTED]

    def test_the_same_file_from_a_seized_device_opens_it(self, actor: Actor) -> None:
        first = sealed_in(actor, DATA)
        again = opened_submission(actor, opened_exhibit(actor, "E-2", case=case_of(actor)))
        handed_in(actor, again, DATA)
        worked(actor, again)
        found = only(actor, first)
        assert (found.state, found.format, found.has_veil) == (ContentState.SHOWN, "jpeg", True)
        assert rows("SELECT sealed, pdq IS NULL, audience FROM media_fingerprint") == [
            (False, False, "community")
        ]
        assert rows("SELECT count(*) FROM media_originalkey") == [(1,)]

    def test_of_two_in_one_submission_the_open_one_travels_too(self, actor: Actor) -> None:
        submission = opened_submission(actor)
        found = answered(actor, submission, line(0, DATA, sealed=True), line(1, DATA), line(2, DATA))
        assert [one.status for one in found] == [Status.WANTED, Status.WANTED, Status.KNOWN]

    def test_what_the_unit_holds_openly_is_not_sealed_by_a_report(self, actor: Actor) -> None:
        submission = opened_submission(actor)
        handed_in(actor, submission, DATA)
        worked(actor, submission)
        sealed_in(actor, DATA, exhibit=opened_exhibit(actor, "E-2", case=case_of(actor)))
        assert rows("SELECT sealed FROM media_content") == [(False,)]


def case_of(actor: Actor) -> uuid.UUID:
    [(case,)] = rows("SELECT public_id FROM cases_case")
    found: uuid.UUID = case
    return found


class TestOpeningIt:
    def test_it_becomes_a_content_like_any_other_and_is_asked_about_anew(
        self, actor: Actor, matching: Neighbour
    ) -> None:
        exhibit = sealed_in(actor, DATA, share=Share.COMMUNITY)
        [(print_id,)] = rows("SELECT id FROM media_fingerprint")
        opened_by(actor, exhibit)
        found = only(actor, exhibit)
        assert (found.state, found.format, found.width) == (ContentState.SHOWN, "jpeg", 320)
        assert found.sha256 == sha256(DATA).hex()
        with act_as(actor, clock=utc_now):
            assert set(veiled_page(actor, [found.public_id])) == {found.public_id}
        assert rows("SELECT id, sealed, pdq IS NULL, audience FROM media_fingerprint") == [
            (print_id, False, False, "community")
        ]
        assert rows("SELECT state FROM intake_manifestentry") == [("recorded",)]
        [(submission,)] = rows("SELECT public_id FROM intake_submission")
        worked(actor, submission)
        assert rows("SELECT state FROM intake_manifestentry") == [("matched",)]
        assert len(matching.asked) == 2

    def test_log_and_chain_of_custody_say_by_what_right(self, actor: Actor) -> None:
        exhibit = sealed_in(actor, DATA)
        authority = opened_by(actor, exhibit)
        [(subject, facts)] = rows("SELECT subject_id, facts FROM audit_event WHERE verb = 'intake:seal:open'")
        assert subject == authority
        assert (facts["basis"], facts["files"]) == ("warrant", 1)
        with act_as(actor, clock=utc_now):
            last = cases.custody(actor, exhibit)[-1]
            assert cases.verify_custody(actor, exhibit).intact
            [kept] = authorities(actor, exhibit)
        assert (last.act, last.parameters["authority"]) == ("seal opened", str(authority))
        assert (kept.reference, kept.issuer, kept.files) == ("W 12/26", "District court of Alva", 1)
        assert kept.opened_at is not None
        assert "W 12/26" not in str(facts)

    def test_only_the_files_it_names_are_opened(self, actor: Actor) -> None:
        exhibit = sealed_in(actor, DATA, picture(2), picture(3))
        with act_as(actor, clock=utc_now):
            one, *others = sealed_page(actor, exhibit).files
        opened_by(actor, exhibit, WARRANT.model_copy(update={"files": (one.public_id,)}))
        with act_as(actor, clock=utc_now):
            left = sealed_page(actor, exhibit).files
        assert {two.public_id for two in left} == {two.public_id for two in others}

    def test_what_its_owner_narrowed_meanwhile_stays_narrow(self, actor: Actor) -> None:
        exhibit = sealed_in(actor, DATA, share=Share.COMMUNITY)
        with act_as(actor, clock=utc_now):
            tighten_visibility(
                actor,
                only_id(actor, exhibit),
                audience=Audience.UNIT,
                excluded=["BOR"],
                answer_outside=AnswerOutside.CONTACT_ONLY,
            )
        opened_by(actor, exhibit)
        assert rows("SELECT audience, excluded FROM media_content") == [("unit", ["BOR"])]

    def test_a_run_that_died_between_two_files_goes_on(
        self, actor: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        exhibit = sealed_in(actor, DATA, picture(2))
        boss = supervisor(actor)
        with act_as(boss, clock=utc_now):
            recorded = operations.record_authority(boss, exhibit, WARRANT)
        real, calls = operations.open_one, []

        def dies(*args: Any) -> bool:
            calls.append(args)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return real(*args)

        with monkeypatch.context() as patch:
            patch.setattr(operations, "open_one", dies)
            with pytest.raises(KeyboardInterrupt):
                run(boss, recorded.id)
        assert rows("SELECT count(*) FROM media_content WHERE sealed") == [(1,)]
        run(boss, recorded.id)
        assert rows("SELECT count(*) FROM media_content WHERE sealed") == [(0,)]
        assert rows("SELECT state FROM intake_manifestentry") == [("recorded",), ("recorded",)]

    def test_a_file_damaged_in_the_store_stays_sealed_and_holds_up_nobody(
        self, actor: Actor, tmp_path: Path
    ) -> None:
        exhibit = sealed_in(actor, DATA, picture(2))
        [(damaged, name), _] = rows("SELECT content_id, name FROM media_originalkey ORDER BY content_id")
        [blob] = (tmp_path / "blobs").rglob(f"{name}*")
        data = bytearray(blob.read_bytes())
        data[-1] ^= 1
        blob.chmod(0o600)
        blob.write_bytes(data)
        authority = opened_by(actor, exhibit)
        assert rows("SELECT id FROM media_content WHERE sealed") == [(damaged,)]
        with act_as(actor, clock=utc_now):
            [kept] = authorities(actor, exhibit)
        assert (kept.id, kept.opened_at is not None) == (authority, True)


def only_id(actor: Actor, exhibit: uuid.UUID) -> uuid.UUID:
    [found] = media.contents_of_exhibit(actor, exhibit).contents
    return found.public_id


class TestWhoMayRecordAnAuthority:
    def refused(self, actor: Actor, exhibit: uuid.UUID, wanted: NewAuthority = WARRANT) -> Any:
        with (
            pytest.raises((Refused, Invalid, NotFound, Conflict)) as error,
            act_as(actor, clock=utc_now),
        ):
            operations.record_authority(actor, exhibit, wanted)
        assert rows("SELECT count(*) FROM intake_sealauthority") == [(0,)]
        return error.value

    def test_a_certified_supervisor_who_signed_in_a_moment_ago(self, actor: Actor) -> None:
        exhibit = sealed_in(actor, DATA)
        assert self.refused(investigator(), exhibit).code == "no-role"
        uncertified = supervisor(actor, certified_until=None)
        assert self.refused(uncertified, exhibit).code == "certificate-missing"
        stale = supervisor(actor, confirmed_at=utc_now() - timedelta(minutes=6))
        assert isinstance(self.refused(stale, exhibit), StepUpNeeded)

    def test_another_unit_finds_nothing(self, actor: Actor) -> None:
        exhibit = sealed_in(actor, DATA)
        assert isinstance(self.refused(supervisor(borellian()), exhibit), NotFound)

    @pytest.mark.parametrize(
        "changes",
        [
            {"reference": "  "},
            {"issuer": ""},
            {"reference": "x" * 121},
            {"issued_on": utc_now().date() + timedelta(days=2)},
        ],
    )
    def test_an_authority_without_name_or_from_the_future_is_none(
        self, actor: Actor, changes: dict[str, Any]
    ) -> None:
        exhibit = sealed_in(actor, DATA)
        assert isinstance(
            self.refused(supervisor(actor), exhibit, WARRANT.model_copy(update=changes)), Invalid
        )

    def test_a_file_that_is_not_sealed_there_is_not_found(self, actor: Actor) -> None:
        exhibit = sealed_in(actor, DATA)
        named = WARRANT.model_copy(update={"files": (uuid.uuid4(),)})
        assert isinstance(self.refused(supervisor(actor), exhibit, named), NotFound)

    def test_where_nothing_is_sealed_there_is_nothing_to_open(self, actor: Actor) -> None:
        exhibit = opened_exhibit(actor)
        assert isinstance(self.refused(supervisor(actor), exhibit), Conflict)


@operation(Permission.ERASURE_CONTENT_PERFORM)
def blanked(actor: Actor, exhibit_id: uuid.UUID) -> None:
    about("erasure", uuid.uuid4())
    operations.blank_entries_of_exhibits(actor, [exhibit_id])


def test_an_erased_exhibit_keeps_no_words_of_its_authorities(actor: Actor) -> None:
    opened_by(actor, sealed_in(actor, DATA))
    [(row_id,)] = rows("SELECT id FROM cases_exhibit")
    service = OnBehalf.of(actor).service(Role.SERVICE_ERASURE)
    with act_as(service, clock=utc_now):
        blanked(service, row_id)
    assert rows("SELECT kind, reference, issuer FROM intake_sealauthority") == [("warrant", "", "")]
