"""The small drawn set, built once for the tests that look at it."""

import pytest

from demo.drawn_set import SEED, DrawnSet
from vigie.demo.scenes import build


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> DrawnSet:
    folder = tmp_path_factory.mktemp("drawn") / "set"
    steps: list[tuple[int, int]] = []
    plan = build(folder, SEED, progress=lambda done, total: steps.append((done, total)), size="small")
    return DrawnSet(folder, plan, steps)
