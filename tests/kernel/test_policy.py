"""The policy: pure decisions about who learns what, and what stands against an act."""

import dataclasses
import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from factories.actors import investigator
from vigie.kernel import policy
from vigie.kernel.actors import Actor, ActorKind, Purpose, service_actor
from vigie.kernel.permissions import RIGHTS, ROLE_PERMISSIONS, Permission, Role
from vigie.kernel.policy import (
    Answer,
    AnswerOutside,
    Audience,
    Governed,
    Handling,
    Reason,
    Viewer,
    Visibility,
)
from vigie.kernel.refusals import words
from vigie.rooms.media.rules import is_tighter

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
COUNTRIES = ("ALV", "BOR", "CAS")
UNITS = {uuid.UUID(int=number): COUNTRIES[number % 3] for number in range(1, 8)}
PARTIES = [*COUNTRIES, *map(str, UNITS)]
STEPS = [Answer.SILENT, Answer.CONTACT_ONLY, Answer.FULL]

units = st.sampled_from(sorted(UNITS))
viewers = units.map(lambda unit: Viewer(unit, UNITS[unit]))
parties = st.frozensets(st.sampled_from(PARTIES), max_size=4)
records = units.flatmap(
    lambda unit: st.builds(
        Visibility,
        owner_unit=st.just(unit),
        owner_country=st.just(UNITS[unit]),
        audience=st.sampled_from(Audience),
        listed=parties,
        excluded=parties,
        answer_outside=st.sampled_from(AnswerOutside),
    )
)


def person(**changes: object) -> Actor:
    """Somebody of Alvania with everything valid at NOW."""
    valid = {
        "certified_until": NOW + timedelta(days=1),
        "agreement_until": NOW + timedelta(days=1),
        "confirmed_at": NOW,
    }
    return investigator(**(valid | changes))


def step(viewer: Viewer, record: Visibility) -> int:
    return STEPS.index(policy.match_answer(viewer, record))


@given(record=records)
def test_the_owner_always_has_the_full_answer(record: Visibility) -> None:
    assert policy.match_answer(Viewer(record.owner_unit, record.owner_country), record) is Answer.FULL


@given(viewer=viewers, record=records, by_country=st.booleans())
def test_an_excluded_party_always_meets_silence(viewer: Viewer, record: Visibility, by_country: bool) -> None:
    assume(viewer.unit != record.owner_unit)
    name = viewer.country if by_country else str(viewer.unit)
    record = dataclasses.replace(record, excluded=record.excluded | {name})
    assert policy.match_answer(viewer, record) is Answer.SILENT


@given(viewer=viewers, record=records)
def test_whoever_is_neither_owner_nor_excluded_nor_inside_gets_what_the_owner_chose(
    viewer: Viewer, record: Visibility
) -> None:
    named = {str(viewer.unit), viewer.country}
    inside = {
        Audience.COMMUNITY: True,
        Audience.COUNTRY: viewer.country == record.owner_country,
        Audience.LISTED: bool(named & record.listed),
        Audience.UNIT: False,
    }[record.audience]
    assume(viewer.unit != record.owner_unit and not named & record.excluded and not inside)
    assert policy.match_answer(viewer, record).value == record.answer_outside.value


@given(viewer=viewers, record=records, more=parties)
def test_excluding_more_never_widens(viewer: Viewer, record: Visibility, more: frozenset[str]) -> None:
    assert step(viewer, dataclasses.replace(record, excluded=record.excluded | more)) <= step(viewer, record)


@given(viewer=viewers, record=records, fewer=parties)
def test_listing_fewer_never_widens(viewer: Viewer, record: Visibility, fewer: frozenset[str]) -> None:
    assert step(viewer, dataclasses.replace(record, listed=record.listed - fewer)) <= step(viewer, record)


@given(viewer=viewers, record=records)
def test_going_silent_outside_never_widens(viewer: Viewer, record: Visibility) -> None:
    silent = dataclasses.replace(record, answer_outside=AnswerOutside.SILENT)
    assert step(viewer, silent) <= step(viewer, record)


@given(viewer=viewers, record=records)
def test_a_narrower_audience_never_widens(viewer: Viewer, record: Visibility) -> None:
    narrower = {
        Audience.COMMUNITY: [Audience.COUNTRY, Audience.LISTED, Audience.UNIT],
        Audience.COUNTRY: [Audience.UNIT],
        Audience.LISTED: [Audience.UNIT],
        Audience.UNIT: [],
    }
    for audience in narrower[record.audience]:
        assert step(viewer, dataclasses.replace(record, audience=audience)) <= step(viewer, record)


@given(viewer=viewers, record=records, other=records)
def test_what_the_media_room_calls_tighter_shows_nobody_more(
    viewer: Viewer, record: Visibility, other: Visibility
) -> None:
    wanted = dataclasses.replace(other, owner_unit=record.owner_unit, owner_country=record.owner_country)
    if is_tighter(wanted, record):
        assert step(viewer, wanted) <= step(viewer, record)


@given(record=records, purpose=st.sampled_from(Purpose), acting=st.sampled_from(Purpose), viewer=viewers)
def test_a_record_is_read_by_its_audience_for_a_fitting_purpose_only(
    record: Visibility, purpose: Purpose, acting: Purpose, viewer: Viewer
) -> None:
    actor = person(unit=viewer.unit, country=viewer.country, purpose=acting)
    expected = purpose in actor.readable_purposes and policy.match_answer(viewer, record) is Answer.FULL
    assert policy.may_read(actor, record, purpose) is expected


@given(st.sampled_from(Permission), st.sampled_from(Role))
def test_a_role_allows_what_it_holds_and_nothing_else(permission: Permission, role: Role) -> None:
    against = policy.may(person(roles=frozenset({role})), permission, NOW)
    assert (against is None) is (permission in ROLE_PERMISSIONS[role])
    assert against in {None, Reason.NO_ROLE}


@given(st.sampled_from(Permission))
def test_without_a_role_nothing_is_allowed(permission: Permission) -> None:
    assert policy.may(person(roles=frozenset()), permission, NOW) is Reason.NO_ROLE


@pytest.mark.parametrize("until", [None, NOW, NOW - timedelta(days=1)])
def test_without_a_running_agreement_nobody_of_the_organisation_does_anything(until: datetime | None) -> None:
    for role in (Role.INVESTIGATOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.OVERSIGHT):
        actor = person(roles=frozenset({role}), agreement_until=until)
        for permission in ROLE_PERMISSIONS[role]:
            expected = Reason.AGREEMENT_ENDED if RIGHTS[permission].agreement else None
            assert policy.may(actor, permission, NOW) is expected
    assert {permission for permission, right in RIGHTS.items() if not right.agreement} == {
        permission for permission in Permission if permission.value.startswith("unit:agreement:")
    }


@pytest.mark.parametrize("until", [None, NOW, NOW - timedelta(seconds=1)])
def test_without_a_valid_certificate_the_acts_that_need_one_are_refused(until: datetime | None) -> None:
    actor = person(roles=frozenset({Role.SUPERVISOR}), certified_until=until)
    for permission in ROLE_PERMISSIONS[Role.SUPERVISOR]:
        expected = Reason.CERTIFICATE_MISSING if RIGHTS[permission].certificate else None
        assert policy.may(actor, permission, NOW) is expected


@pytest.mark.parametrize(
    ("age", "refused"),
    [
        (timedelta(seconds=-60), False),
        (timedelta(seconds=-60, microseconds=-1), True),
        (timedelta(0), False),
        (timedelta(minutes=5), False),
        (timedelta(minutes=5, microseconds=1), True),
        (timedelta(hours=8), True),
        (None, True),
    ],
)
def test_step_up_ends_at_five_minutes_exactly_and_no_clock_that_was_set_back_makes_it_longer(
    age: timedelta | None, refused: bool
) -> None:
    confirmed = NOW - age if age is not None else None
    for role in (Role.INVESTIGATOR, Role.ADMINISTRATOR, Role.OVERSIGHT):
        actor = person(roles=frozenset({role}), confirmed_at=confirmed)
        for permission in ROLE_PERMISSIONS[role]:
            expected = Reason.STEP_UP if refused and RIGHTS[permission].fresh else None
            assert policy.may(actor, permission, NOW) is expected


def test_a_service_needs_no_certificate_but_holds_its_one_task_only() -> None:
    service = service_actor(
        Role.SERVICE_INTAKE, unit=uuid.uuid4(), country="ALV", purpose=Purpose.INVESTIGATION
    )
    assert service.kind is ActorKind.SERVICE
    assert policy.may(service, Permission.MEDIA_ORIGINAL_PROCESS, NOW) is None
    assert policy.may(service, Permission.MEDIA_CLEAR_VIEW, NOW) is Reason.NO_ROLE


class TestFourGatesToMedia:
    """Agreement, certificate, the record's visibility, a stated reason: each closes by itself."""

    own = Visibility(
        owner_unit=person().unit,
        owner_country="ALV",
        audience=Audience.UNIT,
        listed=frozenset(),
        excluded=frozenset(),
        answer_outside=AnswerOutside.SILENT,
    )

    def against(
        self, actor: Actor, permission: Permission = Permission.MEDIA_CLEAR_VIEW, reason: str = "review"
    ):  # type: ignore[no-untyped-def]
        return policy.may_open_media(
            actor,
            permission,
            self.own,
            purpose=Purpose.VICTIM_IDENTIFICATION,
            reason_code=reason,
            now=NOW,
        )

    def test_all_open(self) -> None:
        assert self.against(person()) is None

    def test_the_agreement(self) -> None:
        assert self.against(person(agreement_until=NOW)) is Reason.AGREEMENT_ENDED

    def test_the_certificate(self) -> None:
        assert self.against(person(certified_until=NOW)) is Reason.CERTIFICATE_MISSING

    def test_the_record(self) -> None:
        assert self.against(person(unit=uuid.uuid4())) is Reason.OUT_OF_REACH
        assert self.against(person(purpose=Purpose.OVERSIGHT)) is Reason.OUT_OF_REACH

    def test_the_reason_which_a_veil_does_not_need(self) -> None:
        assert self.against(person(), reason="") is Reason.REASON_MISSING
        assert self.against(person(), Permission.MEDIA_VEIL_VIEW, reason="") is None


def test_every_reason_has_words_a_person_can_act_on() -> None:
    spoken = {reason: str(words(reason)) for reason in Reason}
    assert len(set(spoken.values())) == len(Reason)
    assert all(text.endswith(".") for text in spoken.values())


handlings = st.sampled_from(list(Handling))
governed = st.builds(Governed, records, handlings)


def weaker(made: Governed, source: Governed) -> list[Viewer]:
    """Who learns more of what was made than of a source; its maker is left out, who made it from what it saw."""
    everyone = [Viewer(unit, UNITS[unit]) for unit in UNITS]
    others = [one for one in everyone if one.unit != made.visibility.owner_unit]
    return [one for one in others if step(one, made.visibility) > step(one, source.visibility)]


STRICTNESS = list(Handling)


class TestWhatIsDerivedFromRecords:
    """A fact made from records allows no more than the strictest of them (test 25 of reference platform.md)."""

    @given(governed, st.lists(governed, min_size=1, max_size=4))
    def test_it_is_no_weaker_than_any_source(self, mine: Governed, sources: list[Governed]) -> None:
        made = policy.derived(mine, *sources)
        for source in (mine, *sources):
            assert weaker(made, source) == []
            assert STRICTNESS.index(made.handling) >= STRICTNESS.index(source.handling)
        assert made.visibility.owner_unit == mine.visibility.owner_unit

    @given(governed)
    def test_it_is_no_stricter_than_one_source_of_the_same_owner_asks(self, mine: Governed) -> None:
        again = policy.derived(mine, mine)
        assert again.handling is mine.handling
        everyone = [Viewer(unit, UNITS[unit]) for unit in UNITS]
        assert [step(one, again.visibility) for one in everyone] == [
            step(one, mine.visibility) for one in everyone
        ]

    @pytest.mark.parametrize("graphs", [500, pytest.param(10_000, marks=pytest.mark.faults)])
    def test_graphs_of_derivations_hold_nothing_weaker_than_a_source(self, graphs: int) -> None:
        """Each node is made by a unit that sees all it is made from, as in life: of facts made from facts too."""
        chance, made_of_made = random.Random(25), 0
        for _ in range(graphs):
            nodes = [random_record(chance) for _ in range(chance.randint(1, 4))]
            sources: list[set[int]] = [{number} for number in range(len(nodes))]
            for _step in range(chance.randint(1, 6)):
                parents = chance.sample(range(len(nodes)), k=min(len(nodes), chance.randint(1, 3)))
                makers = [unit for unit in UNITS if all(sees_all(unit, nodes[number]) for number in parents)]
                if not makers:
                    continue
                mine = open_record(chance.choice(makers))
                made_of_made += any(len(sources[parent]) > 1 for parent in parents)
                nodes.append(policy.derived(mine, *(nodes[parent] for parent in parents)))
                sources.append({len(nodes) - 1}.union(*(sources[parent] for parent in parents)))
            for made, of in zip(nodes, sources, strict=True):
                for source in (nodes[number] for number in of):
                    assert made.visibility.excluded >= source.visibility.excluded
                    assert STRICTNESS.index(made.handling) >= STRICTNESS.index(source.handling)
                    assert weaker(made, source) == []
        assert made_of_made > graphs / 10


def sees_all(unit: uuid.UUID, record: Governed) -> bool:
    return step(Viewer(unit, UNITS[unit]), record.visibility) == STEPS.index(Answer.FULL)


def open_record(unit: uuid.UUID) -> Governed:
    return Governed(Visibility(unit, UNITS[unit], Audience.COMMUNITY), Handling.OPEN)


def random_record(chance: random.Random) -> Governed:
    unit = chance.choice(list(UNITS))
    visibility = Visibility(
        unit,
        UNITS[unit],
        chance.choice(list(Audience)),
        frozenset(chance.sample(PARTIES, chance.choice([0, 1, 3, 6]))),
        frozenset(chance.sample(PARTIES, chance.choice([0, 0, 1, 2]))),
        chance.choice(list(AnswerOutside)),
    )
    return Governed(visibility, chance.choice(STRICTNESS))


class TestPassingOn:
    """What a reader may do onwards with a record is its owner's word; the owner itself is free."""

    OWNER, READER, THIRD = (Viewer(unit, UNITS[unit]) for unit in list(UNITS)[:3])

    def reader(self, viewer: Viewer) -> Actor:
        return person(unit=viewer.unit, country=viewer.country)

    def record(self, handling: Handling, audience: Audience = Audience.COMMUNITY, **more: object) -> Governed:
        return Governed(
            Visibility(self.OWNER.unit, self.OWNER.country, audience, **more),  # type: ignore[arg-type]  # as named
            handling,
        )

    @pytest.mark.parametrize(
        ("handling", "own_file", "to_a_third"),
        [
            (Handling.OPEN, None, None),
            (Handling.RELEASABLE, None, None),
            (Handling.ORCON, None, Reason.HANDLING),
            (Handling.ORIGINATOR_ONLY, Reason.HANDLING, Reason.HANDLING),
        ],
    )
    def test_each_handling_says_how_far_a_reader_may_hand_it(
        self, handling: Handling, own_file: Reason | None, to_a_third: Reason | None
    ) -> None:
        record, reader = self.record(handling), self.reader(self.READER)
        assert policy.may_pass_on(reader, record, self.READER) is own_file
        assert policy.may_pass_on(reader, record, self.THIRD) is to_a_third

    def test_what_is_releasable_goes_to_those_who_see_it_anyway_and_what_is_open_to_all_but_the_excluded(
        self,
    ) -> None:
        parties: dict[str, object] = {"listed": frozenset({str(self.READER.unit)})}
        reader = self.reader(self.READER)
        listed = self.record(Handling.RELEASABLE, Audience.LISTED, **parties)
        assert policy.may_pass_on(reader, listed, self.THIRD) is Reason.OUT_OF_REACH
        loose = self.record(Handling.OPEN, Audience.LISTED, **parties)
        assert policy.may_pass_on(reader, loose, self.THIRD) is None
        shut = self.record(
            Handling.OPEN, Audience.LISTED, **parties, excluded=frozenset({self.THIRD.country})
        )
        assert policy.may_pass_on(reader, shut, self.THIRD) is Reason.OUT_OF_REACH

    @given(governed, viewers)
    def test_the_owner_hands_its_own_to_whom_it_likes(self, record: Governed, recipient: Viewer) -> None:
        owner = person(unit=record.visibility.owner_unit, country=record.visibility.owner_country)
        assert policy.may_pass_on(owner, record, recipient) is None

    @given(governed, viewers, viewers)
    def test_nobody_hands_on_what_they_do_not_see_nor_to_the_excluded(
        self, record: Governed, reader: Viewer, recipient: Viewer
    ) -> None:
        if policy.may_pass_on(self.reader(reader), record, recipient) is None:
            assert step(reader, record.visibility) == STEPS.index(Answer.FULL)
            owner = record.visibility.owner_unit
            assert owner in {reader.unit, recipient.unit} or not policy.names(
                recipient, record.visibility.excluded
            )

    @given(governed, governed, viewers, viewers)
    def test_what_is_derived_is_handed_on_by_no_more_than_its_sources(
        self, mine: Governed, source: Governed, reader: Viewer, recipient: Viewer
    ) -> None:
        made, actor = policy.derived(mine, source), self.reader(reader)
        owners = {mine.visibility.owner_unit, source.visibility.owner_unit}
        assume(reader.unit not in owners)
        assume(recipient.unit not in owners)
        if policy.may_pass_on(actor, made, recipient) is None:
            assert policy.may_pass_on(actor, source, recipient) is None
