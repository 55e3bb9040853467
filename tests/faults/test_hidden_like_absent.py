"""What is hidden takes as long to be refused as what is absent: at every address, for every role, by medians.

Reference test 20: the difference of the medians is at most a millisecond over 10,000 tries, taken in turns so that a busy
machine slows both alike. Status, place and body are compared by `tests/architecture/test_leaks.py`.
"""

import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from architecture.test_leaks import Route, World, absent, address, kind_of, values_of, with_records
from factories.media import vault_in
from support.installed import checkpoint_key
from vigie.kernel import sequencer
from vigie.kernel.actors import utc_now
from vigie.rooms.cases import queries as cases

TRIES = int(os.environ.get("VIGIE_TRIES", "10000"))
"""Over all addresses and roles together; hidden and absent are each asked for half of them."""
MOST_MS = 1.0
WARM = 3
AGAIN = 10


@pytest.fixture
def world(database: None, tmp_path: Path) -> Iterator[World]:
    with vault_in(tmp_path), checkpoint_key() as key:
        made = World()
        sequencer.sign(key, now=utc_now())
        yield made


def looks() -> list[tuple[Route, str]]:
    return [
        (route, f"{who}'s terminal" if route.pattern.startswith("api/") else who)
        for route in with_records()
        for who in ("investigator", "supervisor")
    ]


def asked(client: Client, where: str) -> float:
    """Milliseconds until the answer was whole."""
    began = time.perf_counter()
    answer = client.get(where)
    b"".join(answer.streaming_content) if answer.streaming else answer.content
    return (time.perf_counter() - began) * 1_000


def difference(client: Client, hidden: str, nothing: str, tries: int) -> float:
    """How much longer the median answer about what is hidden took, in milliseconds."""
    for where in (hidden, nothing) * WARM:
        asked(client, where)
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(tries):
        first = number % 2
        for which in (first, 1 - first):
            took[which].append(asked(client, (hidden, nothing)[which]))
    return statistics.median(took[0]) - statistics.median(took[1])


def addresses(world: World, route: Route) -> tuple[str, str]:
    kind = kind_of(route)
    assert kind is not None
    return address(route, values_of(world.hidden, kind)[0]), address(route, absent(kind))


@pytest.mark.faults
@pytest.mark.timeout(7_200)
def test_hidden_and_absent_take_the_same_time_at_every_address(world: World, record_property: Any) -> None:
    pairs = looks()
    each = max(1, TRIES // (2 * len(pairs)))
    found = {
        f"{route.pattern} {who}": difference(world.clients[who], *addresses(world, route), each)
        for route, who in pairs
    }
    # thirty tries leave a median uncertain by a millisecond: what is beyond the bound is asked ten times as often, and
    # that answer counts; a real difference stays, as the test below shows
    for route, who in pairs:
        name = f"{route.pattern} {who}"
        if abs(found[name]) > MOST_MS:
            sys.stderr.write(f"{found[name]:+.3f} ms at {name}: asked again\n")
            found[name] = difference(world.clients[who], *addresses(world, route), AGAIN * each)
    worst = max(found, key=lambda name: abs(found[name]))
    record_property("worst_ms", found[worst])
    sys.stderr.write(
        f"{2 * each * len(pairs)} tries at {len(pairs)} addresses: at most {found[worst]:+.3f} ms at {worst}\n"
    )
    assert {name: ms for name, ms in found.items() if abs(ms) > MOST_MS} == {}


@pytest.mark.faults
def test_a_build_that_looks_longer_at_what_is_there_is_told_apart(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken build: it looks whether anybody has the case before it looks whether the asker may see it."""
    real, everybodys = cases.case, {row.public_id for row in world.hidden.rows["cases.Case"]}  # type: ignore[attr-defined]

    def careless(actor: Any, public_id: Any) -> Any:
        if public_id in everybodys:
            time.sleep(0.1)
        return real(actor, public_id)

    monkeypatch.setattr(cases, "case", careless)
    [route] = [route for route in with_records() if route.pattern == "api/v1/cases/<case>"]
    client = world.clients["investigator's terminal"]
    assert difference(client, *addresses(world, route), 20) > MOST_MS
