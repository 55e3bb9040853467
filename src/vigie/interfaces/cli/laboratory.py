"""`vigie hash` and `vigie match`: for closed laboratories, without a database, a server or an account."""

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from vigie.engines.formats.hash_lists import ListFault, ListRefused, read_list
from vigie.engines.formats.hidden_characters import shown_in_a_line
from vigie.engines.hashing import pdq
from vigie.engines.hashing.digests import Digests, digest_stream
from vigie.engines.hashing.known import KnownLists
from vigie.engines.imaging import HEAD_BYTES, ConfinedPool, MediaRefused, kind_of
from vigie.interfaces.cli.exits import Exit
from vigie.interfaces.cli.progress import Progress, ProgressOption

_WORKERS = 2
_AHEAD = 8
"""Files in hand at once: enough to keep the workers busy, few enough to bound memory."""
Paths = Annotated[list[Path], typer.Argument(help="Files and folders; folders are walked.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON document a line.")]


def hash_files(paths: Paths, *, as_json: Json = False, no_progress: ProgressOption = False) -> None:
    """Print digests and PDQ of every file, one line each; a file that cannot be opened is a line too."""
    _run(paths, lambda described, _: described, as_json=as_json, no_progress=no_progress)


def match_files(
    paths: Paths,
    against: Annotated[list[Path], typer.Option(help="A list of known media; may be given more than once.")],
    *,
    as_json: Json = False,
    no_progress: ProgressOption = False,
) -> None:
    """Say of every file whether it is on a list: equal by digest, or alike by PDQ in any orientation."""
    lists = KnownLists()
    faults = [fault for place in against for fault in _load(lists, place)]
    for name, fault in faults:
        typer.echo(shown_in_a_line(f"{name}: {fault.where}: {fault.reason}"), err=True)
    with_faults = Exit.PARTLY_DONE if faults else Exit.OK
    _run(paths, lambda described, known: _matched(lists, described, known), as_json=as_json,
         no_progress=no_progress, otherwise=with_faults)  # fmt: skip


def _load(lists: KnownLists, place: Path) -> list[tuple[str, ListFault]]:
    faults: list[tuple[str, ListFault]] = []
    try:
        lists.add_list(place.name, read_list(place), lambda fault: faults.append((place.name, fault)))
    except (OSError, ListRefused) as error:
        typer.echo(shown_in_a_line(f"{place}: {error}"), err=True)
        raise typer.Exit(Exit.USAGE) from error
    return faults


Known = tuple[Digests, pdq.Pdq | None] | None
Described = dict[str, Any]


def _run(
    paths: Iterable[Path],
    shape: Callable[[Described, Known], Described],
    *,
    as_json: bool,
    no_progress: bool,
    otherwise: Exit = Exit.OK,
) -> None:
    files, code = list(walk(paths)), otherwise
    with ExitStack() as stack:
        pool = stack.enter_context(ConfinedPool("laboratory", workers=_WORKERS))
        threads = stack.enter_context(ThreadPoolExecutor(_WORKERS))
        progress = stack.enter_context(Progress("hashed", len(files), quiet=no_progress))
        for described, known in _ordered(threads, lambda path: describe(path, pool), files):
            if "error" in described:
                code = Exit.PARTLY_DONE
            _print(shape(described, known), as_json=as_json)
            progress.step()
    raise typer.Exit(code)


def walk(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield every file below these paths, in name order; links are not followed out of a folder."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path, onerror=_say_unreadable):
            folders.sort()
            yield from (Path(folder) / name for name in sorted(names))


def _say_unreadable(error: OSError) -> None:
    typer.echo(shown_in_a_line(f"{error.filename}: this folder cannot be read: {error.strerror}"), err=True)


def _ordered(
    threads: ThreadPoolExecutor, work: Callable[[Path], tuple[Described, Known]], files: list[Path]
) -> Iterator[tuple[Described, Known]]:
    waiting: deque[Future[tuple[Described, Known]]] = deque()
    for path in files:
        waiting.append(threads.submit(work, path))
        if len(waiting) >= _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def describe(path: Path, pool: ConfinedPool) -> tuple[Described, Known]:
    """The line of one file, and what look-ups need of it; a file that cannot be read or decoded is told as such."""
    line: Described = {"path": shown(path)}
    try:
        with path.open("rb") as file:
            return _describe_open(line, file, pool)
    except OSError as error:
        line["error"] = {"code": "unreadable", "message": error.strerror or str(error)}
        return line, None


def shown(path: Path) -> str:
    """The path as text; bytes that are no UTF-8 appear as replacement characters."""
    return os.fsencode(path).decode("utf-8", "replace")


def _describe_open(line: Described, file: BinaryIO, pool: ConfinedPool) -> tuple[Described, Known]:
    digests = digest_stream(file)
    line |= {"kind": "file", "bytes": digests.size}
    line |= {name: getattr(digests, name).hex() for name in ("md5", "sha1", "sha256")}
    file.seek(0)
    code: pdq.Pdq | None = None
    try:
        kind = kind_of(file.read(HEAD_BYTES))
        file.seek(0)
        if kind is not None and kind.is_film:
            _film(line, file, pool)
        else:
            code = _picture(line, file, pool)
    except MediaRefused as refused:
        line["error"] = {"code": refused.code.value, "message": refused.message}
    return line, (digests, code)


def _picture(line: Described, file: BinaryIO, pool: ConfinedPool) -> pdq.Pdq:
    analysis = pool.analyse_full(file)
    code = pdq.from_raster(analysis.pdq_raster)
    line |= {"kind": "picture", "format": analysis.format, "width": analysis.width, "height": analysis.height}
    dihedral = [each.hex() for each in code.dihedral]
    line["pdq"] = {"hash": code.code.hex(), "quality": code.quality, "dihedral": dihedral}
    return code


def _film(line: Described, file: BinaryIO, pool: ConfinedPool) -> None:
    with pool.frames(file) as film:
        opening = film.opening
        line |= {"kind": "video", "format": opening.format, "width": opening.width, "height": opening.height}
        line["frames"] = [_frame(frame.time_ms, pdq.from_raster(frame.pdq_raster)) for frame in film]


def _frame(time_ms: int, code: pdq.Pdq) -> Described:
    return {"ms": time_ms, "hash": code.code.hex(), "quality": code.quality}


def _matched(lists: KnownLists, described: Described, known: Known) -> Described:
    if known is None:
        return described
    hits = [
        {name: value for name, value in asdict(hit).items() if value is not None}
        for hit in lists.look_up(known[0], known[1])
    ]
    line: Described = {"path": described["path"], "known": bool(hits), "hits": hits}
    return line | ({"error": described["error"]} if "error" in described else {})


def _print(line: Described, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    if "error" in line:
        said = f"{line['error']['code']}: {line['error']['message']}"
    elif "hits" in line:
        said = (
            "; ".join(f"{h['by']} {h['distance']} {h['list']}:{h['item']}" for h in line["hits"]) or "unknown"
        )
    else:
        said = f"{line['sha256']}  {line.get('pdq', {}).get('hash', '')}"
    sys.stdout.write(f"{shown_in_a_line(line['path'])}\t{shown_in_a_line(said)}\n")
