"""The handlings of a record in words, and which of two lets a reader do more."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.kernel.policy import Handling


class HandlingWords(NamedTuple):
    """A handling as a page says it: its name, and what it means for whoever reads the record."""

    name: Promise
    means: Promise


HANDLINGS: dict[Handling, HandlingWords] = {
    Handling.OPEN: HandlingWords(
        _("Open"), _("Whoever sees it may pass it on, to everybody but those its owner excludes.")
    ),
    Handling.RELEASABLE: HandlingWords(
        _("Releasable"), _("It may be passed on to those who see it anyway, and to nobody else.")
    ),
    Handling.ORCON: HandlingWords(
        _("Ask the originator"),
        _("It stays in the unit that reads it; its owner is asked before it goes further."),
    ),
    Handling.ORIGINATOR_ONLY: HandlingWords(
        _("Originator only"),
        _("It leaves in no answer that can be kept as a file; others are told a contact instead."),
    ),
}
"""The handlings, from the loosest to the strictest, in words."""


def looser_than(handling: Handling) -> frozenset[str]:
    """The codes of the handlings under which a reader may do more than under this one."""
    order = list(Handling)
    return frozenset(one.value for one in order[: order.index(handling)])
