"""Who sees what two records allow together, and when one choice of an owner is tighter than another. Pure."""

import dataclasses

from vigie.kernel.policy import AnswerOutside, Audience, Visibility

Parties = frozenset[str] | None
AT_EVERY_PIXEL = ", at every pixel"
"""Ends the words about how a picture was read, once every pixel of it was."""
"""Units (by id) and countries (by code) besides the owner; None stands for everybody."""


def parties(record: Visibility) -> Parties:
    """Those who see this record in full besides its owner, before anybody is excluded."""
    if record.audience is Audience.COMMUNITY:
        return None
    if record.audience is Audience.COUNTRY:
        return frozenset({record.owner_country})
    return record.listed if record.audience is Audience.LISTED else frozenset()


def stricter(mine: Visibility, other: Visibility) -> Visibility:
    """The visibility of a record of mine that joins two records: seen by those who see both, excluded by either.

    A unit and a country that may hold it are not compared, except for the owner of `other`, whose country is known:
    when in doubt the answer is narrower.
    """
    seen = _both(parties(mine), parties(other), mine, other)
    excluded = mine.excluded | other.excluded
    silent = AnswerOutside.SILENT in {mine.answer_outside, other.answer_outside}
    return dataclasses.replace(
        mine,
        audience=_audience(seen, mine.owner_country),
        listed=seen if seen is not None and seen != {mine.owner_country} else frozenset(),
        excluded=excluded,
        answer_outside=AnswerOutside.SILENT if silent else AnswerOutside.CONTACT_ONLY,
    )


def _both(mine: Parties, other: Parties, mine_record: Visibility, other_record: Visibility) -> Parties:
    """The owner of the joint record sees it in any case and is never named among the others."""
    if other is None:
        return mine
    if other_record.owner_unit == mine_record.owner_unit:
        return other if mine is None else mine & other
    owner = str(other_record.owner_unit)
    if mine is None:
        return other | {owner} if other != {other_record.owner_country} else other
    both = mine & (other | {owner})
    if other_record.owner_country in mine:
        both |= {owner}
    return both


def _audience(seen: Parties, owner_country: str) -> Audience:
    if seen is None:
        return Audience.COMMUNITY
    if not seen:
        return Audience.UNIT
    return Audience.COUNTRY if seen == {owner_country} else Audience.LISTED


def is_tighter(new: Visibility, old: Visibility) -> bool:
    """True when nobody learns more under `new` than under `old`, and the two differ. Both are one owner's."""
    if new == old or new.owner_unit != old.owner_unit:
        return False
    before, after = parties(old), parties(new)
    narrower = before is None or (after is not None and after <= before)
    louder = old.answer_outside is AnswerOutside.SILENT and new.answer_outside is not AnswerOutside.SILENT
    return narrower and old.excluded <= new.excluded and not louder
