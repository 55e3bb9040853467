"""When one choice of an owner is tighter than another. Pure."""

from vigie.kernel.policy import AnswerOutside, Visibility, parties

AT_EVERY_PIXEL = ", at every pixel"
"""Ends the words about how a picture was read, once every pixel of it was."""


def is_tighter(new: Visibility, old: Visibility) -> bool:
    """True when nobody learns more under `new` than under `old`, and the two differ. Both are one owner's."""
    if new == old or new.owner_unit != old.owner_unit:
        return False
    before, after = parties(old), parties(new)
    narrower = before is None or (after is not None and after <= before)
    louder = old.answer_outside is AnswerOutside.SILENT and new.answer_outside is not AnswerOutside.SILENT
    return narrower and old.excluded <= new.excluded and not louder
