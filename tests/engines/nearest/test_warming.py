"""A process that has warmed up compiles nothing more when it is asked."""

from pathlib import Path

from engines.nearest.stores import NARROW, ids_of, numbered, random_codes
from vigie.engines.nearest import building, erasing, kernels, part, scattering, tail
from vigie.engines.nearest.reader import CodeReader
from vigie.engines.nearest.store import CodeStore
from vigie.engines.nearest.warming import compile_now

COMPILED = (
    kernels.search_tables, kernels.search_rows, building.count_upper, building.spread, building.settle,
    building.pack, building.count_heavy, erasing.bucket_bounds, erasing.chunk_of, tail._enter, tail._rows_of,
    part.search_tables, part.search_rows, scattering._scatter,
)  # fmt: skip


def kinds() -> list[int]:
    """For how many kinds of arguments each function is compiled by now."""
    return [len(function.signatures) for function in COMPILED]  # type: ignore[attr-defined]  # numba's


def test_nothing_is_compiled_after_the_warming(tmp_path: Path) -> None:
    compile_now()
    before = kinds()
    assert all(before)
    store, codes = CodeStore.create(tmp_path, NARROW), random_codes(80)
    store.add(codes, numbered(80))
    store.merge()
    store.add(codes[:3], numbered(3, first=70))
    reader = CodeReader.open(tmp_path)
    for radius in (0, 31, 90):
        reader.range(codes[0].tobytes(), radius)
        reader.range_arrays(codes, radius, threads=2)
    store.delete(ids_of(5, 72))
    store.erase(ids_of(9))
    assert kinds() == before
