"""Owners' wishes as groups of the code index: who may be answered is decided inside the search."""

import hashlib
import json
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from vigie.engines.digest_tables import DigestsRefused
from vigie.engines.nearest.index import GROUPS, GroupNumbers, Groups
from vigie.kernel.policy import Answer, AnswerOutside, Audience, Viewer, Visibility, match_answer, names

ANY: Final = 0
"""The group of rows whose wishes came when all other groups were taken: searched always, decided row by row."""


class Wishes:
    """Numbers 1 to 65,535 for wishes that differ, kept in one small file. Used from one thread at a time."""

    def __init__(self, path: Path, known: Iterable[Visibility]) -> None:
        self._path = path
        self._known = list(known)
        self._numbers = {wish: number for number, wish in enumerate(self._known, 1)}

    @classmethod
    def create(cls, path: Path) -> Self:
        """No wish is known yet."""
        wishes = cls(path, ())
        wishes._write()
        return wishes

    @classmethod
    def open(cls, path: Path) -> Self:
        """The wishes of the file. Raises DigestsRefused when it is missing or not as it was written."""
        try:
            text, kept, rest = path.read_bytes().split(b"\n")
        except FileNotFoundError as missing:
            raise DigestsRefused(path, "the file is missing") from missing
        except ValueError as broken:
            raise DigestsRefused(path, "the file is cut off or changed") from broken
        if rest or hashlib.sha256(text).hexdigest().encode() != kept:
            raise DigestsRefused(path, "the file is cut off or changed")
        return cls(path, (_read(one) for one in json.loads(text)))

    def groups_of(self, wishes: Iterable[Visibility]) -> GroupNumbers:
        """The group of each wish; new ones are durable before they are used."""
        asked = list(wishes)
        known = len(self._known)
        for wish in asked:
            if wish not in self._numbers and len(self._known) < GROUPS - 1:
                self._known.append(wish)
                self._numbers[wish] = len(self._known)
        if len(self._known) > known:
            self._write()
        return np.array([self._numbers.get(wish, ANY) for wish in asked], dtype=np.uint16)

    def answering(self, viewer: Viewer, own: Visibility | None) -> Groups | None:
        """The groups a search in this viewer's name is about, whose own item has these wishes; None for all.

        Left out are the owners this item is kept from, unless they share theirs with the viewer: such a hit is
        answered to nobody and told to nobody. All others are searched, for their owners hear also of silent hits.
        """
        if own is None or not own.excluded:
            return None
        asked = np.ones(GROUPS, dtype=np.bool_)
        for number, wish in enumerate(self._known, 1):
            owner = Viewer(wish.owner_unit, wish.owner_country)
            asked[number] = not names(owner, own.excluded) or match_answer(viewer, wish) is Answer.FULL
        return asked

    def _write(self) -> None:
        text = json.dumps([_written(wish) for wish in self._known], separators=(",", ":")).encode()
        unfinished = self._path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text + b"\n" + hashlib.sha256(text).hexdigest().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._path)


def _written(wish: Visibility) -> list[Any]:
    return [
        str(wish.owner_unit),
        wish.owner_country,
        wish.audience.value,
        sorted(wish.listed),
        sorted(wish.excluded),
        wish.answer_outside.value,
    ]


def _read(written: list[Any]) -> Visibility:
    unit, country, audience, listed, excluded, outside = written
    return Visibility(
        owner_unit=uuid.UUID(unit),
        owner_country=country,
        audience=Audience(audience),
        listed=frozenset(listed),
        excluded=frozenset(excluded),
        answer_outside=AnswerOutside(outside),
    )
