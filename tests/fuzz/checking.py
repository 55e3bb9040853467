"""The proof that covering a decoder changes nothing it computes: every seed is answered alike with and without the traps."""

import dataclasses
import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from fuzz.blocks import CACHE, why_uncovered
from fuzz.covering import Coverage, objects_of
from fuzz.keeping import kept
from fuzz.pools import LIMITS, Pools, with_exif
from fuzz.readers import media
from vigie.engines.imaging import ConfinedPool, MediaRefused
from vigie.engines.imaging.roles import Role

_PATIENT = dataclasses.replace(
    LIMITS, start_seconds=300, picture_seconds=300, batch_seconds=300, film_work_seconds=600
)
"""A machine that is busy answers late, and late is another answer: here only what is computed is compared."""


@dataclasses.dataclass(frozen=True)
class Checked:
    """What came of the check of a role: its coverage, how many files were answered, the objects that were left out."""

    coverage: Coverage | None
    files: int
    left_out: tuple[str, ...]

    def document(self) -> dict[str, object]:
        """The check and the numbers of blocks, as they are printed."""
        found = {"answered_alike": self.files, "left_out": list(self.left_out)}
        return found | (
            self.coverage.document() if self.coverage is not None else {"blocks": 0, "reached": 0}
        )


def samples(role: Role) -> list[bytes]:
    """Every seed of the role's readers, and what was kept for them."""
    with ExitStack() as stack:
        readers = [
            one for one in media.readers(stack.enter_context(Pools())) if media.role_of(one.name) is role
        ]
        found = [data for one in readers for data in (*one.seeds(), *(data for _, data in kept(one.name)))]
        blocks = {data for one in readers if one.name == "exif" for data in one.seeds()}
    return [with_exif(data) if data in blocks else data for data in found]


def checked(
    role: Role,
    *,
    files: Sequence[Path] | None = None,
    given: Sequence[bytes] | None = None,
    cache: Path = CACHE,
) -> Checked:
    """The coverage of all objects that change no answer; none of them when those that are left still do together."""
    wanted = list(objects_of(role) if files is None else files)
    data = samples(role) if given is None else list(given)
    plain = answers(role, data, None)
    left_out: list[Path] = []
    if _differ(role, wanted, data, plain, cache):
        left_out = [one for one in wanted if _differ(role, [one], data, plain, cache)]
        wanted = [one for one in wanted if one not in left_out]
        if _differ(role, wanted, data, plain, cache):
            left_out, wanted = [*left_out, *wanted], []
    names = tuple(one.name for one in left_out)
    return Checked(Coverage(role, files=wanted, cache=cache) if wanted else None, len(data), names)


def coverages(stack: ExitStack, cache: Path = CACHE) -> tuple[dict[Role, Coverage], dict[str, object]]:
    """The coverage of both roles, and what the document says of it; where there can be none it says why, and so do we."""
    if (reason := why_uncovered()) is not None:
        told = f"decoders are guided by their answers only: {reason}"
        sys.stderr.write(told + "\n")
        return {}, {"uncovered": told}
    found = {role: checked(role, cache=cache) for role in (Role.PICTURES, Role.FILMS)}
    covered = {role: one.coverage for role, one in found.items() if one.coverage is not None}
    for role, one in found.items():
        blocks = one.coverage.blocks if one.coverage is not None else 0
        told = f", left out: {', '.join(one.left_out)}" if one.left_out else ""
        sys.stderr.write(f"{role}: {one.files} files answered alike with traps at {blocks} blocks{told}\n")
    for coverage in covered.values():
        stack.callback(coverage.close)
    return covered, {role.value: one for role, one in found.items()}


def answers(role: Role, data: Sequence[bytes], coverage: Coverage | None) -> list[str]:
    """A digest of everything a worker of the role answers to each file, to the last pixel."""
    with Pools(_PATIENT, {} if coverage is None else {role: coverage}) as pools:
        ask = _of_film if role is Role.FILMS else _of_picture
        return [_digest(tuple(ask(pools.patient, one))) for one in data]


def _differ(role: Role, files: Sequence[Path], data: Sequence[bytes], plain: list[str], cache: Path) -> bool:
    coverage = Coverage(role, files=files, cache=cache)
    try:
        return answers(role, data, coverage) != plain
    finally:
        coverage.close()


def _of_picture(pool: ConfinedPool, data: bytes) -> Iterator[object]:
    for ask in (pool.analyse, pool.analyse_full, pool.clear, pool.clear_grey):
        try:
            yield ask(data)
        except MediaRefused as refused:
            yield refused.code.value, refused.message


def _of_film(pool: ConfinedPool, data: bytes) -> Iterator[object]:
    try:
        with pool.frames(data) as film:
            yield film.opening
            yield from film
    except MediaRefused as refused:
        yield refused.code.value, refused.message


def _digest(value: object) -> str:
    found = hashlib.sha256()
    for part in _parts(value):
        found.update(len(part).to_bytes(8) + part)
    return found.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape}".encode()
        yield value.tobytes()
    elif isinstance(value, bytes | bytearray | memoryview):
        yield bytes(value)
    elif dataclasses.is_dataclass(value):
        for one in dataclasses.fields(value):
            yield one.name.encode()
            yield from _parts(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for name in sorted(value):
            yield from (*_parts(name), *_parts(value[name]))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _parts(one)
    else:
        yield repr(value).encode()
