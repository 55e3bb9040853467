"""The library kept equal to the truth: opened where it was left, followed by cursor, made anew when that cannot be."""

import logging
from pathlib import Path
from typing import Final

from vigie.engines.digest_tables import DigestsRefused
from vigie.engines.nearest.files import SnapshotRefused
from vigie.matcher.building import adopt, build, current, fresh
from vigie.matcher.library import Library
from vigie.matcher.truth import Truth, TruthLost

DAMAGED: Final = (SnapshotRefused, DigestsRefused)
"""What is raised for index files that are missing, cut off or changed."""
_log = logging.getLogger(__name__)


class Following:
    """One library and the truth behind it, used from one thread at a time. The folder is this process's alone."""

    def __init__(self, truth: Truth, folder: Path) -> None:
        self._truth = truth
        self._folder = folder
        self._library: Library | None = None

    @property
    def library(self) -> Library:
        """The files that answer; only after `refresh`."""
        assert self._library is not None
        return self._library

    def refresh(self) -> None:
        """What answers is what the database holds now. Raises MatcherUnavailable, TruthLost, OSError.

        After a broken connection the cursor goes on where it was, unless the server was restored to an earlier day.
        """
        if self._library is not None and self._truth.connected:
            try:
                self._catch_up(self._library)
            except TruthLost:
                self._begin()
        else:
            self._begin()

    def renew(self, damage: Exception) -> None:
        """The library is made anew from the truth: its files cannot be trusted."""
        _log.error("the index is made anew: %s", damage)
        self._let_go()
        self._rebuild()

    def close(self) -> None:
        """The files are closed."""
        self._let_go()
        self._truth.close()

    def _begin(self) -> None:
        self._truth.connect()
        if self._library is None:
            self._library = self._opened()
        if self._library is None or not self._truth.follow(self._library.cursor):
            self._let_go()
            self._rebuild()
            return
        try:
            self._catch_up(self._library)
            self._library.erase_withdrawn()
        except DAMAGED as damage:
            self.renew(damage)

    def _catch_up(self, library: Library) -> None:
        try:
            library.follow(self._truth.changes(), lambda: self._truth.cursor)
        except BaseException:
            self._truth.close()  # what was read and not applied is read again, from the cursor that is on file
            raise

    def _opened(self) -> Library | None:
        place = current(self._folder)
        if place is None:
            return None
        try:
            library = Library.open(place)
        except DAMAGED as damage:
            _log.error("the index is made anew: %s", damage)
            return None
        library.codes.preload()
        return library

    def _rebuild(self) -> None:
        if not self._truth.connected:
            self._truth.connect()
        place = fresh(self._folder)
        try:
            with self._truth.one_snapshot():
                self._truth.look()
                self._library = build(place, self._truth.everything(), self._truth.cursor)
        except BaseException:
            self._truth.close()  # half a library must never be followed on
            raise
        adopt(self._folder, place)

    def _let_go(self) -> None:
        if self._library is not None:
            self._library.close()
            self._library = None
