"""The way to known media: this home's matcher, or all parts that the settings name."""

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from factories.matching import File as Picture
from factories.matching import RunningMatcher, asker, hold, running_matcher, unit_of
from vigie.backends.known import Claimed, KnownMedia, MatcherSocket, RequestRefused, Shard, ShardedMedia
from vigie.rooms.matching.apps import MatchingConfig

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(scope="module")
def parts(_database_server: None) -> Iterator[tuple[RunningMatcher, RunningMatcher]]:
    with running_matcher(Shard(1, 2)) as first, running_matcher(Shard(2, 2)) as second:
        yield first, second


def known_of(monkeypatch: pytest.MonkeyPatch, *homes: Path) -> KnownMedia:
    changed = settings.VIGIE.model_copy(update={"matcher_homes": homes})
    monkeypatch.setattr(settings, "VIGIE", changed)
    config = apps.get_app_config("matching")
    assert isinstance(config, MatchingConfig)
    fresh = MatchingConfig(config.name, config.module)
    return fresh.known


def test_without_parts_it_is_this_homes_matcher(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(known_of(monkeypatch), MatcherSocket)


def test_the_parts_that_are_named_answer_together(
    monkeypatch: pytest.MonkeyPatch, parts: tuple[RunningMatcher, RunningMatcher]
) -> None:
    known = known_of(monkeypatch, *(one.home.root for one in parts))
    assert isinstance(known, ShardedMedia)
    files = [Picture(data=uuid.uuid4().bytes) for _ in range(24)]
    held = [hold(unit_of("BOR"), file) for file in files]
    assert {Shard(1, 2).holds(one.content) for one in held} == {True, False}, "both parts have some of them"
    asked = [Claimed(sha256=hashlib.sha256(file.data).digest()) for file in files]
    assert [one.place for one in known.look_up(asker(unit_of("ALV")), asked)] == list(range(24))


def test_parts_named_in_the_wrong_order_are_refused(
    monkeypatch: pytest.MonkeyPatch, parts: tuple[RunningMatcher, RunningMatcher]
) -> None:
    first, second = parts
    known = known_of(monkeypatch, second.home.root, first.home.root)
    with pytest.raises(RequestRefused):
        known.look_up(asker(unit_of("ALV")), [Claimed(sha256=bytes(32))])
