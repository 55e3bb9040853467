"""Contents with fingerprints, written as the intake pipeline writes them, and a matcher process to ask about them."""

import contextlib
import dataclasses
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.apps import apps

from factories.actors import investigator
from support import database
from support.folders import open_folder
from support.postgres import SOURCE, postgres_server
from vigie.backends.known import WHOLE, Asker, MatcherSocket, Shard, is_listening
from vigie.config.home import Home, prepare_home
from vigie.kernel import context, gate
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.permissions import Role
from vigie.kernel.policy import AnswerOutside, Audience, Handling
from vigie.kernel.scope import ownership
from vigie.rooms.cases.models import Case, Exhibit
from vigie.rooms.intake.models import Submission
from vigie.rooms.media.models import Content, Fingerprint

SPREAD = np.random.default_rng(7)


def unit_of(country: str, **changes: Any) -> Actor:
    """A certified investigator of a new unit of this country."""
    return investigator(unit=uuid.uuid4(), country=country, **changes)


def asker(actor: Actor, **changes: Any) -> Asker:
    """The actor as the matcher hears of it."""
    facts: dict[str, Any] = {
        "unit": actor.unit,
        "country": actor.country,
        "person": actor.id,
        "service": "service-match",
        "case": uuid.uuid4(),
        "exhibit": uuid.uuid4(),
        "purpose": actor.purpose.value,
    }
    return Asker(**{**facts, **changes})


def matching_service(actor: Actor) -> Actor:
    """The service that records answers in this person's name."""
    return OnBehalf.of(actor).service(Role.SERVICE_MATCH)


def random_code() -> bytes:
    """A PDQ code with half of its bits set, as real ones have."""
    bits = np.zeros(256, dtype=np.uint8)
    bits[SPREAD.permutation(256)[:128]] = 1
    return np.packbits(bits).tobytes()


def flipped(code: bytes, bits: int) -> bytes:
    """The code with `bits` of its bits turned."""
    value = int.from_bytes(code)
    for place in SPREAD.permutation(256)[:bits]:
        value ^= 1 << int(place)
    return value.to_bytes(32)


@dataclasses.dataclass(frozen=True, kw_only=True)
class File:
    """A file with its fingerprints; by default one of a kind."""

    data: bytes = dataclasses.field(default_factory=lambda: secrets.token_bytes(40))
    pdq: bytes | None = None
    quality: int = 100
    dihedral: tuple[bytes, ...] = ()
    frame_ms: int = -1
    sealed: bool = False


@dataclasses.dataclass(frozen=True)
class Held:
    """A content one unit holds."""

    owner: Actor
    content: uuid.UUID
    public_id: uuid.UUID
    fingerprint: uuid.UUID


def hold(
    owner: Actor,
    file: File,
    *,
    audience: Audience = Audience.UNIT,
    listed: tuple[str, ...] = (),
    excluded: tuple[str, ...] = (),
    outside: AnswerOutside = AnswerOutside.CONTACT_ONLY,
    handling: Handling = Handling.ORCON,
) -> Held:
    """The owner's unit holds this file, with these wishes; committed."""
    wishes = {
        "audience": audience.value,
        "listed": list(listed),
        "excluded": list(excluded),
        "answer_outside": outside.value,
    }
    digests = {
        "sha256": hashlib.sha256(file.data).digest(),
        "sha1": hashlib.sha1(file.data).digest(),
        "md5": hashlib.md5(file.data).digest(),
        "size": len(file.data),
    }
    with context.acting_as(owner, clock=utc_now), gate.opened():
        owned = ownership(
            owner, legal_basis="code-54", purpose=Purpose.VICTIM_IDENTIFICATION, handling=handling
        )
        content = Content.objects.create(
            **owned,
            **digests,
            **wishes,
            kind="picture",
            format="jpeg",
            width=64,
            height=64,
            holding="own_copy",
        )
        row = Fingerprint.objects.create(
            **{name: owned[name] for name in ("owner_unit", "owner_country", "recorded_by", "recorded_at")},
            **digests,
            **wishes,
            content=content,
            public_id=content.public_id,
            frame_ms=file.frame_ms,
            pdq=file.pdq,
            quality=file.quality,
            dihedral=b"".join(file.dihedral) or None,
            sealed=file.sealed,
        )
    return Held(owner, content.id, content.public_id, row.id)


def film(held: Held, frames: Sequence[int]) -> None:
    """The content becomes a film with a frame on record at each of these milliseconds."""
    with context.acting_as(held.owner, clock=utc_now), gate.opened():
        [whole] = Fingerprint.objects.for_actor(held.owner).filter(content_id=held.content).values()
        rows = [{**whole, "id": uuid.uuid4(), "frame_ms": at, "pdq": random_code()} for at in frames]
        Fingerprint.objects.bulk_create(Fingerprint(**row) for row in rows)


def change(held: Held, **columns: Any) -> None:
    """The owner changes its wishes about a content: the row and its fingerprints together, as one act."""
    with context.acting_as(held.owner, clock=utc_now), gate.opened():
        wishes = {
            k: v for k, v in columns.items() if k in {"audience", "listed", "excluded", "answer_outside"}
        }
        if wishes:
            Content.objects.for_actor(held.owner).filter(id=held.content).update(**wishes)
        Fingerprint.objects.for_actor(held.owner).filter(content_id=held.content).update(**columns)


def submission(owner: Actor) -> uuid.UUID:
    """A submission under a case and an exhibit of the owner's unit; returns its row id."""
    with context.acting_as(owner, clock=utc_now), gate.opened():
        owned = ownership(owner, legal_basis="code-54", purpose=Purpose.VICTIM_IDENTIFICATION)
        case = Case.objects.create(**owned, reference=secrets.token_hex(4))
        exhibit = Exhibit.objects.create(**owned, case=case, reference="1")
        return Submission.objects.create(**owned, exhibit=exhibit, source="client").id


def deliveries(owner: Actor) -> list[dict[str, Any]]:
    """What the owner is told or will be, in the order in which it was asked for."""
    with database.administrator() as connection:
        cursor = connection.execute(
            "SELECT *, deliver_after - at AS delay FROM match_delivery WHERE owner_unit = %s ORDER BY at",
            [owner.unit],
        )
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@dataclasses.dataclass
class RunningMatcher:
    """A matcher process over the suite's database, in a home of its own."""

    home: Home
    process: subprocess.Popen[bytes]
    client: MatcherSocket
    shard: Shard = WHOLE

    def kill(self) -> None:
        """The process is killed as by a power cut."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def start(self) -> None:
        """Another process serves the same home."""
        self.process = _start(self.home, self.shard)

    def stop(self) -> int:
        """The process ended after SIGTERM; returns its exit code."""
        self.process.terminate()
        return self.process.wait(10)


@contextlib.contextmanager
def running_matcher(shard: Shard = WHOLE, **options: str) -> Iterator[RunningMatcher]:
    """A real matcher process over the suite's database runs inside the block, with these VIGIE_ variables."""
    with open_folder() as folder:
        home = matcher_home(folder)
        client = MatcherSocket(home, shard=shard)
        running = RunningMatcher(home, _start(home, shard, **options), client, shard)
        try:
            yield running
        finally:
            client.close()
            if running.process.poll() is None:
                running.stop()


@contextlib.contextmanager
def matcher_in_place() -> Iterator[RunningMatcher]:
    """A real matcher that the installation under test asks, as in `running_matcher`."""
    config = apps.get_app_config("matching")
    with running_matcher() as running:
        config.__dict__["known"] = running.client
        try:
            yield running
        finally:
            config.__dict__.pop("known", None)


def matcher_home(folder: Path) -> Home:
    """A home that knows the way to the suite's database as the role `matcher`, and no other secret of it."""
    home, server = Home(folder / "h"), Home(Path(postgres_server().home))
    prepare_home(home)
    for place in ("secrets/vigie_matcher.password", "run/postgres-socket"):
        if (server.root / place).exists():
            shutil.copy(server.root / place, home.root / place)
    return home


def _start(home: Home, shard: Shard, **options: str) -> subprocess.Popen[bytes]:
    own = database.settings()
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "VIGIE_HOME": str(home.root),
        "VIGIE_PROCESS": "matcher",
        "VIGIE_DATABASE_NAME": own.database_name,
        **options,
    }
    if own.database_url is not None:
        environment["VIGIE_DATABASE_URL"] = own.database_url.get_secret_value()
    # through the command's own function: the table of commands has its own tests
    program = "from vigie.matcher.cli import matcher; import sys; matcher(sys.argv[1])"
    process = subprocess.Popen([sys.executable, "-c", program, f"{shard.number}/{shard.of}"], env=environment)
    deadline = time.monotonic() + 180  # it compiles first, which takes a minute on a busy machine
    while not is_listening(home):
        assert process.poll() is None, f"the matcher ended with {process.poll()}"
        assert time.monotonic() < deadline, "the matcher does not listen"
        time.sleep(0.02)
    return process
