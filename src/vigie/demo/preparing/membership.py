"""What belongs to a series: the contents of an exhibit that show the series' place."""

import hashlib
import uuid
from pathlib import Path

from vigie.demo.plan import Case, Exhibit, Plan
from vigie.demo.preparing.directory import actor_of, recorder_of
from vigie.demo.preparing.records import exhibit_reference, own_series
from vigie.kernel.actors import Actor, Clock
from vigie.kernel.operation import act_as
from vigie.rooms.cases.queries import exhibit_by_reference
from vigie.rooms.media.queries import contents_of_exhibit
from vigie.rooms.media.schemas import ContentFacts
from vigie.rooms.series import operations as series
from vigie.rooms.series.queries import members
from vigie.rooms.series.rules import Basis


def add_members(plan: Plan, pictures: Path, case: Case, exhibit: Exhibit, clock: Clock) -> None:
    """Every content of the exhibit that shows the place of its series is a member; pictures of other places are not."""
    place = next(one.name for one in plan.series if one.key == exhibit.series)
    wanted = {_sha256(pictures / file.path) for file in exhibit.files if file.recipe.place == place}
    actor = actor_of(recorder_of(plan.people, case.unit).key, clock)
    reference = exhibit_reference(case.exhibits.index(exhibit) + 1)
    with act_as(actor, clock=clock):
        found = own_series(actor)[place]
        there = set(members(actor, found.public_id))
        exhibit_id = exhibit_by_reference(actor, case.reference, reference).public_id
        for content in _contents(actor, exhibit_id):
            if content.sha256 in wanted and content.public_id not in there:
                series.add_member(
                    actor, series=found.public_id, content=content.public_id, basis=Basis.SAME_PLACE
                )


def _contents(actor: Actor, exhibit: uuid.UUID) -> list[ContentFacts]:
    found: list[ContentFacts] = []
    after = None
    while True:
        page = contents_of_exhibit(actor, exhibit, after=after)
        found += page.contents
        if page.after is None:
            return found
        after = page.after


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
