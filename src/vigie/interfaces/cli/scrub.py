"""`vigie scrub`: every stored original read from end to end, opened, and compared with its digest."""

import functools
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from vigie.backends.postgres.holdings import Holder, holders
from vigie.config.home import home_of
from vigie.config.schema import Settings, load_settings
from vigie.interfaces.cli.exits import Exit
from vigie.interfaces.cli.progress import Progress, ProgressOption
from vigie.interfaces.cli.running import print_facts, set_up_django, with_database
from vigie.interfaces.cli.up import with_passphrase

if TYPE_CHECKING:
    from vigie.kernel.actors import Actor
    from vigie.rooms.media.schemas import Checked, Fault

Result = TypeVar("Result")


@dataclass
class Report:
    """What a reading of stored media found, added up."""

    contents: int = 0
    bytes: int = 0
    seconds: float = 0.0
    damaged: list[dict[str, Any]] = field(default_factory=list)
    closed: dict[str, int] = field(default_factory=dict)
    """Contents of countries whose key is not here, by country: not opened, and not called damaged."""

    def add(self, holder: Holder, found: "Checked") -> None:
        """These were read too."""
        self.contents += found.contents
        self.bytes += found.bytes
        for fault in found.faults:
            if fault.closed:
                self.closed[holder.country] = self.closed.get(holder.country, 0) + (fault.what == "original")
            else:
                self.damaged.append(_facts(holder, fault))

    @property
    def opened(self) -> int:
        """Contents that were opened, or should have opened."""
        return self.contents - sum(self.closed.values())

    def facts(self) -> dict[str, Any]:
        """The report as one document; bytes are those of the plaintext."""
        speed = self.bytes / self.seconds / 1e6 if self.seconds else 0.0
        return asdict(self) | {
            "seconds": round(self.seconds, 2),
            "megabytes_per_s": round(speed, 1),
            "files_per_s": round(self.contents / self.seconds, 1) if self.seconds else 0.0,
        }


def scrub(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    no_progress: ProgressOption = False,
) -> None:
    """Read every stored original and rendition, and name those that are not what was sealed; nothing is changed.

    Ends with 1 when something is damaged, with 6 when a country's key is not here so that its media stayed closed.
    """
    settings = with_passphrase(load_settings())
    report = Report()

    def work() -> None:
        counted = holders(settings)
        began = time.monotonic()
        with opened_vault(settings), Progress("Read", sum(counted.values()), quiet=no_progress) as progress:
            for holder in counted:
                for found in _all_of(holder):
                    report.add(holder, found)
                    progress.step(found.contents)
        report.seconds = time.monotonic() - began

    with_database(settings, "scrub", work)
    facts = report.facts()
    sentences = [
        f"{report.opened} originals are what was sealed" * (not report.damaged)
        or f"{len(report.damaged)} of {report.opened} are damaged",
        *(
            f"DAMAGED: {one['object']} of {one['country']}: {one['what']}: {one['why']}"
            for one in report.damaged
        ),
        *(f"CLOSED: {count} of {country}, whose key is not here" for country, count in report.closed.items()),
        f"{facts['files_per_s']} files/s, {facts['megabytes_per_s']} MB/s",
    ]
    print_facts(facts, sentences, as_json=as_json)
    partly = Exit.PARTLY_DONE if report.closed else Exit.OK
    raise typer.Exit(Exit.FAILURE if report.damaged else partly)


def check_these(chosen: dict[Holder, list[uuid.UUID]]) -> Report:
    """These contents (row ids, by holder) were opened and their digests compared."""
    from vigie.rooms.media.operations import check_stored
    from vigie.rooms.media.operations.checking import CHECKED_AT_ONCE

    report, began = Report(), time.monotonic()
    for holder, contents in sorted(chosen.items()):
        for at in range(0, len(contents), CHECKED_AT_ONCE):
            some = contents[at : at + CHECKED_AT_ONCE]
            report.add(holder, as_custodian(holder, functools.partial(check_stored, only=some)))
    report.seconds = time.monotonic() - began
    return report


def as_custodian(holder: Holder, act: "Callable[[Actor], Result]") -> "Result":
    """The act was done by the service that looks after the unit's stored media, in a block of its own."""
    from vigie.kernel.actors import Purpose, service_actor, utc_now
    from vigie.kernel.operation import act_as
    from vigie.kernel.permissions import Role

    actor = service_actor(
        Role.SERVICE_CUSTODY, unit=holder.unit, country=holder.country, purpose=Purpose(holder.purpose)
    )
    with act_as(actor, clock=utc_now):
        return act(actor)


def _all_of(holder: Holder) -> "Iterator[Checked]":
    from vigie.rooms.media.operations import check_stored

    last: uuid.UUID | None = None
    while True:
        found = as_custodian(holder, functools.partial(check_stored, after=last))
        if found.last is None:
            return
        last = found.last
        yield found


@contextmanager
def opened_vault(settings: Settings) -> Iterator[None]:
    """The rooms can be imported and media opened inside the block, with the passphrase these settings lead to."""
    set_up_django()
    from django.apps import apps

    from vigie.kernel.opening import open_vault

    kernel = apps.get_app_config("kernel")
    kernel.__dict__["vault"] = open_vault(settings, home_of(settings))
    try:
        yield
    finally:
        kernel.__dict__.pop("vault", None)


def _facts(holder: Holder, fault: "Fault") -> dict[str, Any]:
    return {
        "country": holder.country,
        "unit": str(holder.unit),
        "content": str(fault.content),
        "object": fault.object_name,
        "what": fault.what,
        "why": fault.why,
    }
