"""Two units of two countries, each with everything a unit can have, every word of it recognisable as its own.

The rows are made past the operations (open gate, the unit's own actor): what is tested with them is what others see.
"""

import dataclasses
import hashlib
import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import models

from factories.media import recorded
from factories.people import Somebody, add_person, add_unit
from vigie.kernel import context, gate
from vigie.kernel.actors import Actor, LogScope, Purpose, utc_now
from vigie.kernel.permissions import Role
from vigie.kernel.policy import Audience
from vigie.kernel.scope import ownership, staff_ownership
from vigie.rooms.accounts.models import Certificate, ProviderIdentity, RoleGrant, Token
from vigie.rooms.approvals.models import Decision, Proposal
from vigie.rooms.cases.models import Case, CourtAccess, CustodyEvent, Exhibit, LegalHold
from vigie.rooms.cases.rules import FIRST_LINK
from vigie.rooms.intake.models import ManifestEntry, SealAuthority, Submission
from vigie.rooms.matching.models import (
    Canary,
    CanaryAlarm,
    Candidate,
    KnownItem,
    KnownList,
    ListHit,
    LookUpCount,
    LookUpRelease,
    MatchNotice,
    OwnerQuestion,
    UnusualPerson,
    UnusualUnit,
    Verdict,
)
from vigie.rooms.media.models import Content, Fingerprint, Occurrence, OriginalKey, Rendition, Tombstone
from vigie.rooms.partners.models import (
    PartnerComparison,
    PartnerFinding,
    PartnerHash,
    PartnerOpinion,
    PartnerSubmission,
)
from vigie.rooms.retention.models import Erasure, Remains, Review
from vigie.rooms.series.models import Membership, Series
from vigie.rooms.units.models import ClientCertificate

THIRD_COUNTRY = "CAS"
CASE_FIELDS = {"reference", "title"}


@dataclasses.dataclass
class Holdings:
    """One unit's people and records; `rows` holds every row by its model's label."""

    word: str
    """Stands in every text of the unit's records, and nowhere else."""
    investigator: Somebody
    supervisor: Somebody
    rows: dict[str, list[models.Model]] = dataclasses.field(default_factory=dict)

    def one(self, label: str, place: int = 0) -> Any:
        """A row of this kind."""
        return self.rows[label][place]

    def keep(self, row: models.Model) -> Any:
        """The row is stored and remembered."""
        row.save(force_insert=True)
        self.rows.setdefault(row._meta.label, []).append(row)
        return row

    def identifiers(self) -> set[str]:
        """Every id and digest of the unit's records, as it could stand on a page."""
        found = set()
        for rows in self.rows.values():
            for row in rows:
                for field in row._meta.concrete_fields:
                    value = getattr(row, field.attname)
                    if isinstance(value, uuid.UUID) and field.name in {
                        "id",
                        "public_id",
                        "upload_id",
                        "delivery_id",
                    }:
                        found |= {str(value), value.hex}
                    elif field.name in {"sha256", "sha1", "md5"} and value:
                        found.add(bytes(value).hex())
        return found


def build(word: str, code: str, country: str, stranger: uuid.UUID) -> Holdings:
    """A unit with two people and everything it can have; `stranger` is the unit its matches are with."""
    add_unit(code, country)
    unit = Holdings(
        word,
        add_person(f"{word}.inv", code, Role.INVESTIGATOR),
        add_person(f"{word}.sup", code, Role.SUPERVISOR),
    )
    actor = unit.investigator.actor
    for seed, (audience, parties) in enumerate(_hidden_from_others(country)):
        recorded(actor, seed=seed + 100 * (country == "ALV"), audience=audience, **parties)
    with context.acting_as(actor, clock=utc_now), gate.opened():
        for model in (Content, Rendition, Fingerprint, OriginalKey):
            unit.rows[model._meta.label] = list(model.objects.for_actor(actor).filter(owner_unit=actor.unit))
        for model in (RoleGrant, Certificate):
            unit.rows[model._meta.label] = list(model.objects.for_actor(actor))
        _rows(unit, actor, stranger)
    with context.acting_as(unit.supervisor.actor, clock=utc_now), gate.opened():
        _canary(unit, stranger)
    watching = dataclasses.replace(unit.supervisor.actor, log_scope=LogScope.INSTALLATION)
    with context.acting_as(watching, clock=utc_now), gate.opened():
        _unusual(unit, stranger)
    return unit


def _hidden_from_others(country: str) -> list[tuple[Audience, dict[str, Any]]]:
    """Every choice of audience that leaves the other unit out."""
    return [
        (Audience.UNIT, {}),
        (Audience.COUNTRY, {}),
        (Audience.LISTED, {"listed": [THIRD_COUNTRY]}),
        (Audience.COMMUNITY, {"excluded": ["BOR" if country == "ALV" else "ALV"]}),
    ]


def _rows(unit: Holdings, actor: Actor, stranger: uuid.UUID) -> None:
    owned = ownership(actor, legal_basis="seizure", purpose=Purpose.VICTIM_IDENTIFICATION)
    staff = staff_ownership(actor, unit=actor.unit, country=actor.country)
    said: Callable[[str], str] = lambda what: f"{unit.word}-{what}"  # noqa: E731 - a word, not a function
    contents = unit.rows["media.Content"]
    soon = utc_now() + timedelta(hours=1)
    unit.keep(
        Token(
            user_id=actor.id,
            digest=secrets.token_hex(32),
            label=said("terminal"),
            confirmed_at=utc_now(),
            expires_at=soon,
            **staff,
        )
    )
    unit.keep(
        ClientCertificate(fingerprint=secrets.token_hex(32), label=said("line"), valid_until=soon, **staff)
    )
    unit.keep(
        ProviderIdentity(
            user_id=actor.id,
            provider="police",
            issuer="https://id.example",
            subject=said("subject"),
            **staff,
        )
    )
    case = unit.keep(
        Case(reference=said("case"), title=said("title"), audience=Audience.COMMUNITY.value, **owned)
    )
    exhibit = unit.keep(
        Exhibit(
            case=case,
            reference=said("exhibit"),
            description=said("laptop"),
            seized_in=said("town"),
            seized_at_text=said("day"),
            **owned,
        )
    )
    unit.keep(
        CustodyEvent(
            exhibit=exhibit,
            position=0,
            at=utc_now(),
            act="registered",
            tool=said("tool"),
            tool_version=said("1"),
            parameters={"by": said("hand")},
            previous=FIRST_LINK,
            digest=hashlib.sha256(unit.word.encode()).digest(),
            **owned,
        )
    )
    submission = unit.keep(Submission(exhibit=exhibit, source="client", client=said("client"), **owned))
    refused = unit.keep(_entry(submission, 0, said("refused.jpg"), owned, state="refused", reason="empty"))
    assert refused.reason
    for place, content in enumerate(contents, 1):
        entry = unit.keep(
            _entry(submission, place, said(f"path-{place}.jpg"), owned, state="matched", of=content)
        )
        unit.keep(
            Occurrence(
                content=content,
                exhibit=exhibit,
                entry=entry,
                path=entry.path,
                path_text=entry.path_text,
                modified_text=said("modified"),
                **owned,
            )
        )
        _match(unit, content, submission, stranger, owned)
    for place, audience in enumerate((Audience.UNIT, Audience.COUNTRY)):
        # lists go by the moment first: what was made at one moment has no order
        sharing = {"audience": audience.value}
        made = {**owned, "recorded_at": owned["recorded_at"] + timedelta(milliseconds=place)}
        number = f"{actor.country}-{1_000_000 + place}"
        series = unit.keep(Series(number=number, name=said(f"series-{place}"), **sharing, **made))
        unit.keep(Membership(series=series, content=contents[place], basis="person", **sharing, **made))
    unit.keep(
        SealAuthority(
            exhibit=exhibit, kind="warrant", reference=said("warrant"), issuer=said("judge"), files=1, **owned
        )
    )
    unit.keep(
        CourtAccess(
            case=case,
            person_id=unit.supervisor.user.id,
            why=said("hearing"),
            until=soon.date() + timedelta(days=30),
            **owned,
        )
    )
    unit.keep(LegalHold(case=case, ordered_by=said("court"), why=said("appeal"), **owned))
    unit.keep(Tombstone(public_id=uuid.uuid4(), authority="decision", object_name=said("object"), **staff))
    erasure = unit.keep(
        Erasure(
            authority="decision",
            purpose=Purpose.VICTIM_IDENTIFICATION.value,
            contents=1,
            ordered_event=uuid.uuid4(),
            certificate=said("certificate"),
            **staff,
        )
    )
    unit.keep(
        Remains(
            erasure=erasure, content_id=uuid.uuid4(), content_public_id=uuid.uuid4(), stage="gone", **staff
        )
    )
    unit.keep(Review(case=case.id, due=utc_now().date(), **staff))
    kept = unit.keep(
        KnownList(name=said("list"), source=said("source"), version=said("v1"), role="flag", **owned)
    )
    item = unit.keep(
        KnownItem(list=kept, item=said("item"), category=said("category"), series=said("of"), **owned)
    )
    unit.keep(
        ListHit(
            item=item,
            delivery_id=uuid.uuid4(),
            asker_unit=stranger,
            asker_country=THIRD_COUNTRY,
            by="sha256",
            **owned,
        )
    )
    shown = {"parties": [actor.unit], **staff}
    proposal = unit.keep(
        Proposal(
            kind="an-act-of-old",
            subject_kind="case",
            subject_id=case.public_id,
            payload=f'{{"what":"{said("payload")}"}}',
            digest=hashlib.sha256(said("digest").encode()).hexdigest(),
            words=said("proposal"),
            proposer_id=unit.supervisor.user.id,
            natural_person=unit.supervisor.user.natural_person,
            expires_at=soon,
            **shown,
        )
    )
    unit.keep(
        Decision(
            proposal=proposal,
            decision="refused",
            person_id=actor.id,
            natural_person=unit.investigator.user.natural_person,
            words=said("refusal"),
            **shown,
        )
    )
    meant = {"party": stranger, **staff}
    submitted = unit.keep(
        PartnerSubmission(title=said("submission"), words=said("report"), hashes=1, **meant)
    )
    unit.keep(PartnerHash(submission=submitted, position=0, sha256=secrets.token_bytes(32), **meant))
    unit.keep(PartnerOpinion(submission=submitted, opinion="known", words=said("opinion"), **meant))
    compared = unit.keep(
        PartnerComparison(
            submission=submitted,
            case=case.public_id,
            exhibit=uuid.uuid4(),
            state="compared",
            asked_at=utc_now(),
            compared_at=utc_now(),
            found=1,
            **owned,
        )
    )
    unit.keep(PartnerFinding(comparison=compared, position=0, **owned))
    unit.keep(LookUpCount(person=actor.id, day=utc_now().date(), asked=7, **staff))
    unit.keep(
        LookUpRelease(case=case.public_id, person=actor.id, most_hashes=1_000, valid_until=soon, **owned)
    )


def _canary(unit: Holdings, stranger: uuid.UUID) -> None:
    """A canary with an alarm: kept by those who read the unit's log."""
    actor = unit.supervisor.actor
    digests = {name: secrets.token_bytes(size) for name, size in (("sha1", 20), ("md5", 16), ("pdq", 32))}
    content = unit.rows["media.Content"][0]
    staff = staff_ownership(actor, unit=actor.unit, country=actor.country)
    canary = Canary(
        content_id=content.pk,
        sha256=secrets.token_bytes(32),
        level="silent",
        note=f"{unit.word}-note",
        **digests,
        **staff,
    )
    unit.keep(canary)
    alarm = CanaryAlarm(
        canary=canary,
        delivery_id=uuid.uuid4(),
        asker_unit=stranger,
        asker_country=THIRD_COUNTRY,
        level="silent",
        claim="identical",
        way="question",
        asked_at=utc_now(),
        **staff,
    )
    unit.keep(alarm)


def _unusual(unit: Holdings, stranger: uuid.UUID) -> None:
    """A line of the weekly digest of either kind: about a person of the unit, and about a unit that asked it."""
    actor = unit.supervisor.actor
    staff = staff_ownership(actor, unit=actor.unit, country=actor.country)
    reasons = [{"rule": "walking", "value": 9, "usual": 0}]
    week = utc_now().date()
    unit.keep(
        UnusualPerson(
            week=week,
            asker_unit=actor.unit,
            asker_country=actor.country,
            person=actor.id,
            figures={"rows": 7, "of": unit.word},
            reasons=reasons,
            **staff,
        )
    )
    unit.keep(
        UnusualUnit(
            week=week,
            asker_unit=stranger,
            asker_country=THIRD_COUNTRY,
            figures={"questions": 7},
            reasons=reasons,
            **staff,
        )
    )


def _entry(submission: Any, ordinal: int, path: str, owned: dict[str, Any], **more: Any) -> ManifestEntry:
    content = more.get("of")
    digests = {
        name: bytes(getattr(content, name)) if content else secrets.token_bytes(size)
        for name, size in (("sha256", 32), ("sha1", 20), ("md5", 16))
    }
    return ManifestEntry(
        submission=submission,
        ordinal=ordinal,
        path=path.encode(),
        path_text=path,
        size=10,
        modified_text=path,
        state=more["state"],
        reason=more.get("reason", ""),
        holding="own_copy" if content else "not_held",
        content_id=content.id if content else None,
        **digests,
        **owned,
    )


def _match(unit: Holdings, content: Any, submission: Any, stranger: uuid.UUID, owned: dict[str, Any]) -> None:
    pair, other = uuid.uuid4(), uuid.uuid4()
    common = {"pair": pair, "level": "contact_only", "claim": "resembles", "by": "", "state": "proposed"}
    candidate = unit.keep(
        Candidate(
            content=content,
            submission=submission,
            answer_key=secrets.token_bytes(32),
            holder_unit=stranger,
            holder_country=THIRD_COUNTRY,
            engine=f"{unit.word}-engine",
            published_at=utc_now() - timedelta(seconds=5),
            **common,
            **owned,
        )
    )
    unit.keep(
        MatchNotice(
            content=content,
            delivery_id=uuid.uuid4(),
            asker_unit=stranger,
            asker_country=THIRD_COUNTRY,
            asker_public_id=other,
            **common,
            **owned,
        )
    )
    parties = [owned["owner_unit"], stranger]
    unit.keep(
        Verdict(pair=pair, parties=parties, verdict="cannot_tell", method=f"{unit.word}-method", **owned)
    )
    unit.keep(
        OwnerQuestion(
            candidate=candidate, pair=pair, asked_unit=stranger, words=f"{unit.word}-words", **owned
        )
    )
