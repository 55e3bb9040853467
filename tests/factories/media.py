"""Drawn pictures, a vault in a temporary folder, and recorded content for tests."""

import io
import secrets
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from django.apps import apps
from PIL import Image

from vigie.backends.blobs import FolderBlobs
from vigie.backends.keys import FileKeys, ScryptCost
from vigie.engines.hashing.digests import digest_bytes
from vigie.engines.imaging import Raster, veil_png
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.operation import about, act_as, operation
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.policy import AnswerOutside, Audience, Handling
from vigie.kernel.vault import Vault
from vigie.rooms.media.operations import record_contents
from vigie.rooms.media.schemas import Kind, NewContent, Print, Sharing, Terms, Veil

PASSPHRASE = "correct horse"
CHEAP = ScryptCost(n=1 << 4)


def picture(seed: int, width: int = 64, height: int = 48) -> bytes:
    """A small drawn JPEG: soft shapes, so that it hashes like a photograph."""
    random = np.random.default_rng(seed)
    shapes = Image.fromarray(random.integers(40, 215, (12, 16, 3), dtype=np.uint8))
    out = io.BytesIO()
    shapes.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


@contextmanager
def vault_in(folder: Path) -> Iterator[Vault]:
    """The installation's vault is a fresh one in this folder, with keys for the three countries."""
    keys, _ = FileKeys.initialise(folder / "keys", PASSPHRASE, cost=CHEAP)
    for country in ("ALV", "BOR", "CAS"):
        keys.create(country, 2026)
    store_key = secrets.token_bytes(32)
    (folder / "store-key").write_bytes(store_key)
    vault = Vault(keys, FolderBlobs(folder / "blobs"), store_key)
    kernel = apps.get_app_config("kernel")
    kernel.__dict__["vault"] = vault
    try:
        yield vault
    finally:
        kernel.__dict__.pop("vault", None)


def intake_service(actor: Actor) -> Actor:
    """The service that records files in this actor's name."""
    return OnBehalf.of(actor).service(Role.SERVICE_INTAKE)


def terms_of(
    actor: Actor,
    *,
    audience: Audience = Audience.COMMUNITY,
    listed: Iterable[str] = (),
    excluded: Iterable[str] = (),
    answer_outside: AnswerOutside = AnswerOutside.CONTACT_ONLY,
    handling: Handling = Handling.ORCON,
) -> Terms:
    """What content takes over from a case of this actor's unit."""
    sharing = Sharing(
        owner_unit=actor.unit,
        owner_country=actor.country,
        audience=audience,
        listed=frozenset(listed),
        excluded=frozenset(excluded),
        answer_outside=answer_outside,
    )
    return Terms(
        sharing=sharing,
        legal_basis="act-12",
        purpose=Purpose.VICTIM_IDENTIFICATION,
        handling=handling,
    )


def new_content(data: bytes, seed: int = 0) -> NewContent:
    """A picture as the job would hand it over."""
    pixels = np.random.default_rng(seed).integers(0, 255, (48, 64), dtype=np.uint8)
    png = veil_png(Raster.from_array(pixels))
    code = np.random.default_rng(seed).bytes(32)
    return NewContent(
        digests=digest_bytes(data),
        source=lambda: io.BytesIO(data),
        kind=Kind.PICTURE,
        format="jpeg",
        width=64,
        height=48,
        analysed_with="test 1",
        prints=(Print(code=code, quality=90),),
        veil=Veil(png=png, width=64, height=48),
    )


@operation(Permission.INTAKE_FILE_RECORD)
def record(actor: Actor, items: list[NewContent], terms: Terms) -> dict[bytes, uuid.UUID]:
    """The contents are recorded, as the intake job does it."""
    made = record_contents(actor, items, terms)
    about("submission", uuid.uuid4(), files=len(made))
    return made


def recorded(actor: Actor, seed: int, **sharing: object) -> uuid.UUID:
    """A content of the actor's unit, shared with the community unless a test says otherwise; its public id."""
    from vigie.rooms.media.models import Content

    service = intake_service(actor)
    with act_as(service, clock=utc_now):
        terms = terms_of(actor, **sharing)  # type: ignore[arg-type]  # names as terms_of has them
        [row_id] = record(service, [new_content(picture(seed), seed)], terms).values()
        public_id: uuid.UUID = Content.objects.for_actor(service).get(id=row_id).public_id
    return public_id


@pytest.fixture
def stored_vault(tmp_path: Path) -> Iterator[Vault]:
    """The installation's vault for one test."""
    with vault_in(tmp_path) as vault:
        yield vault
