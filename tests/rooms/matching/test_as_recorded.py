"""Content recorded by the media room is found however it was turned: the pipeline keeps what a look-up needs."""

import uuid
from collections.abc import Iterator

import numpy as np
import pytest

from engines.hashing.drawn import TURNED, landscape
from factories.actors import investigator
from factories.cases import borellian
from factories.matching import matching_service
from factories.media import intake_service, new_content, picture, record, terms_of, vault_in
from rooms.matching.asking import one_match
from support.folders import open_folder
from vigie.engines.hashing import pdq
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.matching import operations
from vigie.rooms.media.schemas import Print

pytestmark = pytest.mark.usefixtures("directory", "matcher", "vault")


@pytest.fixture
def vault() -> Iterator[None]:
    with open_folder() as folder, vault_in(folder):
        yield


def record_picture(owner: Actor, seed: int, turned: str) -> uuid.UUID:
    """The drawn landscape, turned, is recorded by this unit as the intake job does it; returns the row id."""
    code = pdq.from_raster(pdq.downsample_rgb(np.ascontiguousarray(TURNED[turned](landscape(512, 400)))))
    found = Print(code=code.code, quality=code.quality, dihedral=code.dihedral)
    item = new_content(picture(seed), seed).model_copy(update={"prints": (found,)})
    service = intake_service(owner)
    with act_as(service, clock=utc_now):
        [content] = record(service, [item], terms_of(owner)).values()
    return content


@pytest.mark.parametrize("turned", ["rotate90", "flip_y"])
def test_a_turned_picture_matches_the_one_another_unit_recorded(turned: str) -> None:
    me, other = investigator(), borellian()
    record_picture(other, 1, "original")
    mine = record_picture(me, 2, turned)
    service = matching_service(me)
    with act_as(service, clock=utc_now):
        operations.match_contents(service, None, [mine])
    match = one_match(me)
    assert match.other is not None
    assert match.variant == turned
