"""Countries, units, people and drawn records for the pages' tests, made through the program's own operations."""

import dataclasses
import functools
import hashlib
import io
import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from PIL import Image

from factories import intake, people
from factories.cases import opened_to_court
from support import database
from vigie.demo.scenes.catalogue import shoot
from vigie.demo.scenes.space import photograph
from vigie.kernel import installation, sequencer
from vigie.kernel.actors import Purpose, utc_now
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.cases import operations as cases
from vigie.rooms.cases.schemas import Share
from vigie.rooms.intake.operations import record_authority
from vigie.rooms.intake.rules import AuthorityKind
from vigie.rooms.intake.schemas import NewAuthority
from vigie.rooms.matching import operations as matching
from vigie.rooms.matching.queries import new_matches, notices
from vigie.rooms.matching.tasks import deliver
from vigie.rooms.media.queries import contents_of_exhibit, sealed_files
from vigie.rooms.partners import operations as partners
from vigie.rooms.partners.models import PartnerComparison
from vigie.rooms.partners.rules import Hashes
from vigie.rooms.partners.schemas import Opinion as PartnerOpinion
from vigie.rooms.partners.tasks import compare
from vigie.rooms.series import operations as series
from vigie.rooms.series.rules import Basis
from vigie.rooms.units import operations as units
from vigie.rooms.units.rules import UnitFacts

COUNTRIES = {"ALV": "Alvania", "BOR": "Borduvia", "CAS": "Cassen"}
BASES = {"seizure": "Seizure order, art. 94", "report": "Report of a hotline, art. 12"}
UNITS = {
    "alv-viu": UnitFacts(
        code="alv-viu", name="Alvania Victim Identification Unit", country="ALV", organisation="Alvania Police",
        town="Velm", time_zone="Europe/Vienna", desk_name="Desk of the unit", desk_phone="+000 11 2040",
        desk_mail="desk@viu.alv.example", desk_languages="Alvanian, English", desk_hours="Mon to Fri, 08:00 to 18:00",
    ),
    "bor-cpu": UnitFacts(
        code="bor-cpu", name="Borduvia Child Protection Unit", country="BOR", organisation="Borduvia Police",
        town="Zelm", time_zone="America/Bogota", desk_name="Duty desk", desk_phone="+000 31 4410",
        desk_mail="duty@cpu.bor.example", desk_languages="Borduvian, English, French", desk_hours="every day, 07:00 to 19:00",
    ),
    "cas-ncb": UnitFacts(
        code="cas-ncb", name="Cassen National Bureau", country="CAS", organisation="Cassen Police",
        town="Port Sarn", time_zone="Asia/Amman", desk_name="National desk", desk_phone="+000 72 0096",
        desk_languages="Cassenian, Arabic, English",
    ),
    "board": UnitFacts(code="board", name="Oversight Board", country="ALV", organisation="Oversight Board of Alvania"),
    "alv-court": UnitFacts(code="alv-court", name="Court of Velm", country="ALV", organisation="Courts of Alvania"),
    "lantern": UnitFacts(code="lantern", name="Lantern, for missing children", country="ALV", organisation="Lantern"),
}  # fmt: skip
FACTS: dict[str, Any] = {"legal_basis": "seizure", "purpose": Purpose.VICTIM_IDENTIFICATION}


@dataclasses.dataclass(frozen=True)
class Site:
    """Who works here and what there is, by short names."""

    people: dict[str, people.Somebody]
    records: dict[str, uuid.UUID]


def build() -> Site:
    """The installation has units, people and records of every kind the pages show."""
    _directory()
    somebody = {
        "ines": people.add_person("ines", "alv-viu", Role.SUPERVISOR),
        "tomas": people.add_person("tomas", "alv-viu", certified_days=12),
        "uncertified": people.add_person("lea", "alv-viu", certified_days=0),
        "marek": people.add_person("marek", "bor-cpu"),
        "noor": people.add_person("noor", "cas-ncb"),
        "sue": people.add_person("sue", "alv-viu", Role.SUPERVISOR),
        "judge": people.add_person("j.marel", "alv-court", Role.COURT),
        "pia": people.add_person("pia", "lantern", Role.PARTNER, certified_days=0),
        "board": people.add_person("board", "board", Role.OVERSIGHT, certified_days=0),
        "gateway": people.add_person("galia", "alv-viu", Role.GATEWAY, certified_days=0),
        "admin": people.add_person("admin", "alv-viu", Role.ADMINISTRATOR, certified_days=0),
    }
    site = Site(somebody, {})
    _cases(site)
    _material(site)
    _ours_asked_about(site)
    _spoken(site)
    _sealed(site)
    _outside(site)
    sequencer.sequence()
    sequencer.sign(installation.checkpoint_key(), now=utc_now())
    return site


@functools.cache
def drawn(place: str, view: int = 0) -> Image.Image:
    """A photograph of a drawn place, 600 by 400 pixels."""
    scene = shoot(place, 1, (600, 400))
    return photograph(scene.stage, scene.cameras[view]).convert("RGB")


def jpeg(picture: Image.Image, quality: int = 88) -> bytes:
    """The picture as a JPEG file."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _directory() -> None:
    today, setter = utc_now().date(), people.enrolment()
    with act_as(setter, clock=utc_now):
        for code, name in COUNTRIES.items():
            units.add_fictional_country(setter, code=code, name=name, legal_bases=BASES)
        for facts in UNITS.values():
            ends = today + timedelta(days=365)
            units.add_unit(
                setter, facts=facts, agreement_from=today - timedelta(days=1), agreement_until=ends
            )


def _case(site: Site, who: str, reference: str, share: Share, **more: Any) -> uuid.UUID:
    actor = site.people[who].actor
    with act_as(actor, clock=utc_now):
        facts = {"title": "", **FACTS, **more}
        return cases.open_case(actor, reference=reference, share=share, **facts)


def _exhibit(site: Site, who: str, case: uuid.UUID, reference: str, **more: str) -> uuid.UUID:
    actor = site.people[who].actor
    with act_as(actor, clock=utc_now):
        return cases.add_exhibit(actor, case=case, reference=reference, **more)


def _cases(site: Site) -> None:
    site.records["quiet case"] = _case(site, "ines", "ALV-2026-1169", Share.NONE)
    case = _case(
        site,
        "ines",
        "ALV-2026-1187",
        Share.LISTED,
        listed=["BOR", "CAS"],
        title="Portable drive, port district",
    )
    site.records["case"] = case
    site.records["exhibit"] = _exhibit(
        site, "ines", case, "3", description="Portable drive", seized_in="Port district, Velm",
        seized_at_text="2026-11-20 07:35",
    )  # fmt: skip
    site.records["empty exhibit"] = _exhibit(site, "ines", case, "4", description="Telephone")


def _material(site: Site) -> None:
    """Borduvia holds five pictures in full, Cassen two as a contact; then Alvania hands in its drive."""
    tiles, stairs, harbour = drawn("Blue tiles"), drawn("Stairwell"), drawn("Harbour")
    theirs = _exhibit(site, "marek", _case(site, "marek", "BOR-77", Share.COMMUNITY), "1")
    borduvian = [jpeg(tiles), jpeg(drawn("Blue tiles", 1)), jpeg(stairs), jpeg(drawn("Green wallpaper"))]
    hand_in(site, "marek", theirs, _named(borduvian))
    _series(site, theirs)
    quiet = _case(site, "noor", "CAS-12", Share.NONE, answer_outside=AnswerOutside.CONTACT_ONLY)
    hand_in(site, "noor", _exhibit(site, "noor", quiet, "1"), _named([jpeg(harbour), jpeg(tiles, 70)]))
    smaller = tiles.resize((300, 200))
    files = [
        ("DCIM/104/IMG_2231.JPG", jpeg(smaller, 70)),
        ("DCIM/104/IMG_2232.JPG", jpeg(stairs.transpose(Image.Transpose.FLIP_LEFT_RIGHT))),
        ("DCIM/104/IMG_2233.JPG", jpeg(drawn("Green wallpaper").transpose(Image.Transpose.ROTATE_90))),
        ("DCIM/105/IMG_2301.JPG", borduvian[1]),
        ("DCIM/105/IMG_2302.JPG", jpeg(harbour.resize((450, 300)))),
        ("WORK/صورة 14.jpg", jpeg(drawn("Market street"))),
        ("WORK/blocks.jpg", jpeg(drawn("Toy blocks"))),
        ("WORK/blocks copy.jpg", jpeg(drawn("Toy blocks"))),
        ("OLD/half.jpg", jpeg(drawn("Toy blocks", 1))[:2000]),
        ("OLD/archive.partial", b""),
        ("OLD/notes.txt", b"a list of things to buy\n" * 40),
    ]
    hand_in(site, "ines", site.records["exhibit"], files)
    ines = site.people["ines"].actor
    with act_as(ines, clock=_later):
        for one in new_matches(ines):
            name = "contact" if one.level == "contact_only" else f"match {one.variant or one.claim}"
            site.records.setdefault(name, one.public_id)
            if one.by == "pdq" and one.variant == "original":
                site.records["match"] = one.public_id


def _named(files: Sequence[bytes]) -> list[tuple[str, bytes]]:
    return [(f"{number:03d}.jpg", data) for number, data in enumerate(files)]


def _later() -> Any:
    return utc_now() + timedelta(seconds=2)


def _sealed(site: Site) -> None:
    """Three files a provider did not view lie sealed in a report; one of them may be opened by a warrant."""
    ines = site.people["ines"].actor
    report = _exhibit(site, "ines", site.records["quiet case"], "R-1", description="Report of a provider")
    files = [(f"report/upload_{number}.jpg", noise(number)) for number in range(3)]
    hand_in(site, "ines", report, files, sealed=True)
    with act_as(ines, clock=utc_now):
        first = sealed_files(ines, report)[0]
        warrant = NewAuthority(
            kind=AuthorityKind.WARRANT,
            reference="W 12/2026",
            issuer="District court of Velm",
            issued_on=date(2026, 11, 20),
            files=(first.public_id,),
        )
        record_authority(ines, report, warrant)
    site.records["sealed"] = report


def hand_in(
    site: Site, who: str, exhibit: uuid.UUID, files: Sequence[tuple[str, bytes]], **changes: Any
) -> None:
    """These files were handed in under the exhibit and worked on to their end; `changes` go into the manifest."""
    actor = site.people[who].actor
    submission = intake.opened_submission(actor, exhibit)
    lines = [intake.line(entry, data, path, **changes) for entry, (path, data) in enumerate(files)]
    for answer, (_path, data) in zip(intake.answered(actor, submission, *lines), files, strict=True):
        if answer.status == "wanted":
            intake.arrived(actor, submission, answer.entry, data)
    intake.closed(actor, submission)
    intake.worked(actor, submission)


def _series(site: Site, exhibit: uuid.UUID) -> None:
    marek = site.people["marek"].actor
    with act_as(marek, clock=utc_now):
        tiles = {hashlib.sha256(jpeg(drawn("Blue tiles", view))).hexdigest() for view in (0, 1)}
        held = [one for one in contents_of_exhibit(marek, exhibit).contents if one.sha256 in tiles]
        made = series.create_series(marek, name="Blue tiles", audience=Audience.COMMUNITY, **FACTS)
        for one in held:
            series.add_member(marek, series=made, content=one.public_id, basis=next(iter(Basis)))
        site.records["series"] = made


def deliver_now() -> None:
    """Every delivery to an owner is due now and has been made."""
    with database.administrator() as connection:
        connection.execute("UPDATE match_delivery SET deliver_after = now() - interval '1 second'")
    deliver(0)


def _ours_asked_about(site: Site) -> None:
    """Borduvia hands in a copy of what Alvania holds, and asks about it."""
    blocks = jpeg(drawn("Toy blocks").resize((450, 300)), 80)
    later = _exhibit(site, "marek", _case(site, "marek", "BOR-78", Share.COMMUNITY), "2")
    hand_in(site, "marek", later, [("blocks.jpg", blocks)])
    deliver_now()
    marek, ines = site.people["marek"].actor, site.people["ines"].actor
    with act_as(marek, clock=_later):
        [found] = [one for one in new_matches(marek) if one.holder_unit == ines.unit]
        matching.ask_owner(marek, found.public_id, "Is the carpet on the floor from a shop you know?")
    with act_as(ines, clock=utc_now):
        told = notices(ines)
        site.records["notice"] = told[0].public_id


def _spoken(site: Site) -> None:
    """Both sides have spoken about one pair."""
    ines = site.people["ines"].actor
    with act_as(ines, clock=_later):
        judged = site.records.get("match flip_y")
        if judged is not None:
            matching.give_verdict(ines, judged, matching_opinion("same_item"))
    marek = site.people["marek"].actor
    with act_as(marek, clock=utc_now):
        flipped = [one for one in notices(marek) if one.variant == "flip_y"]
        if flipped:
            matching.give_verdict(marek, flipped[0].public_id, matching_opinion("same_place"))
            site.records["marek notice"] = flipped[0].public_id


def _outside(site: Site) -> None:
    """A judge reads the case, and a partner was told what became of its list."""
    ines, sue, pia = (site.people[name].actor for name in ("ines", "sue", "pia"))
    made_by = (ines, sue)
    opened_to_court(site.records["case"], "j.marel", supervisors=made_by, why="Court of Velm, file 7 of 2026")
    with act_as(ines, clock=utc_now):
        held = contents_of_exhibit(ines, site.records["exhibit"]).contents
        site.records["content"] = held[0].public_id
    with act_as(pia, clock=utc_now):
        digests = [Hashes(sha256=hashlib.sha256(noise(seed)).digest()) for seed in range(12)]
        digests += [Hashes(sha256=bytes.fromhex(one.sha256)) for one in held[:4]] + digests[:1]
        said = "Seventeen files that came to our line with one report."
        sent = partners.submit(pia, to="alv-viu", title="Report 204 of our line", words=said, hashes=digests)
        site.records["submission"] = sent.id
    with act_as(ines, clock=utc_now):
        words = "Thank you. Which day did the report come in?"
        partners.give_opinion(ines, sent.id, opinion=PartnerOpinion.MORE_NEEDED, words=words)
        place = matching.Place(site.records["case"], site.records["exhibit"])
        partners.compare(ines, sent.id, place=place)
        [comparison] = PartnerComparison.objects.for_actor(ines).values_list("id", flat=True)
    compare(on_behalf=OnBehalf.of(ines).as_arguments(), comparison=str(comparison))


def matching_opinion(word: str) -> Any:
    """A verdict by its word."""
    from vigie.rooms.matching.schemas import Opinion

    return Opinion(word)


def noise(seed: int) -> bytes:
    """A picture nobody has seen before."""
    pixels = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return jpeg(Image.fromarray(pixels).resize((320, 240), Image.Resampling.BICUBIC))
