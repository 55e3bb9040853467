"""The page of figures and its plot, written from the results kept in `bench/results`: nobody types a figure.

A result is the JSON document of one run, kept by redirecting: `vigie bench matching --size 10000000 --json >
bench/results/matching-10000000-random.json`, `vigie bench lookups --size 10000000 --json >
bench/results/lookups-10000000.json`.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.plot import bars

_ROOT = Path(__file__).resolve().parents[1]
RESULTS = _ROOT / "bench" / "results"
PAGE = _ROOT / "docs" / "reference" / "figures.md"
PLOT = _ROOT / "docs" / "images" / "figures-matching.svg"

Document = Mapping[str, Any]

_HEAD = """# Figures

Written by `vigie bench figures` from the documents in `bench/results`, each printed by one run of the command named
above its table. Ours and the peers took turns in one process with one thread; milliseconds are medians. Processor time
stands first, because other programs ran on the machine; ratios are of processor time unless said otherwise.

- "Cold" is asked query by query, each engine after all the others, faiss Flat's scan of everything included.
- The peers hold their index in the memory of every process. Ours lies in files that all processes map together; private
  is what a reader process needs beside them. Faiss Flat's own memory is 32 bytes a hash; where less is shown, it lay in
  memory that an index built before had given back.
- Delays of 0 ms: the first question that began after the change was durable had it already.
"""
_PLOT_LINE = "![Milliseconds a query, ours beside the peers](../images/figures-matching.svg)\n"


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """The page and the plot are those of the results; returns which were read."""
    documents = list(kept())
    PAGE.write_text(page(documents), encoding="utf-8")
    PLOT.write_text(plot(documents), encoding="utf-8")
    say(f"wrote {PAGE.relative_to(_ROOT)} and {PLOT.relative_to(_ROOT)}")
    return {"cases": [{"bench": one["bench"], "of": _title(one)} for one in documents]}


def kept() -> Iterable[Document]:
    """The results, hashing first, then look-ups and matching from small to large."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))]
    return sorted(documents, key=lambda one: (one["bench"], one.get("size", 0), _shape_place(one)))


def page(documents: Sequence[Document]) -> str:
    """The page in Markdown."""
    parts = [_HEAD, _PLOT_LINE]
    for document in documents:
        sections = {"matching": _matching, "lookups": _lookups, "hashing": _hashing}[document["bench"]]
        parts += [f"## {_title(document)}\n", _made_on(document), *sections(document)]
    return "\n".join(parts)


def plot(documents: Sequence[Document]) -> str:
    """One group of bars for each matching result with peers: milliseconds of processor time a query."""
    groups = {
        _short_title(one): {case["engine"]: case["cpu_ms"] for case in one["cases"] if "batch_cpu_ms" in case}
        for one in documents
        if one["bench"] == "matching" and len(one["cases"]) > 2
    }
    return bars("Milliseconds of processor time a query, 31 bits, exact; logarithmic", groups)


def _title(document: Document) -> str:
    if document["bench"] == "hashing":
        return "Hashing"
    if document["bench"] == "lookups":
        return f"Look-ups over HTTP: {document['size']:,} known"
    return f"Known codes: {document['size']:,}, {document['shape']}"


def _short_title(document: Document) -> str:
    millions = document["size"] / 1e6
    return f"{millions:g} M, {document['shape']}"


def _shape_place(document: Document) -> int:
    return ["random", "correlated", "duplicated"].index(document.get("shape", "random"))


def _made_on(document: Document) -> str:
    machine, versions = document["machine"], document["versions"]
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    options = "".join(
        f" --{name} {document[name]}" for name in ("size", "shape", "planted", "rounds") if name in document
    )
    return (
        f"`vigie bench {document['bench']}{options} --json` on {machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']} GiB, "
        f"{machine['system']}, load {machine['load_before']} before the run; {named}.\n"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join("" if cell is None else str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _matching(document: Document) -> Iterable[str]:
    cases = document["cases"]
    speeds = [case for case in cases if "batch_cpu_ms" in case]
    yield _table(
        (
            "engine",
            "ms cpu",
            "ms wall",
            "95 in 100 under",
            "cold",
            "batch of 1,000",
            "ours is faster",
            "recall",
        ),
        (
            (
                case["engine"],
                case["cpu_ms"],
                case["wall_ms"],
                case["p95_cpu_ms"],
                case["cold_cpu_ms"],
                case["batch_cpu_ms"],
                _times(case.get("vigie_times_faster_cpu_ms")),
                case["recall"],
            )
            for case in speeds
        ),
    )
    yield _table(
        ("engine", "built in s", "cpu s", "hashes/s", "private bytes a hash", "peak while building"),
        (
            (
                case["engine"],
                case["build_s"],
                case["build_cpu_s"],
                f"{document['size'] / case['build_s']:,.0f}" if case["build_s"] else None,
                case.get("kept_bytes_per_hash", case.get("private_bytes_per_hash")),
                case["build_peak_bytes_per_hash"],
            )
            for case in speeds
        ),
    )
    yield from _ours(document)


def _ours(document: Document) -> Iterable[str]:
    ours, live = document["cases"][0], document["live"]
    restricted = next((one for one in document["cases"] if "one group" in one["engine"]), None)
    facts = [
        (
            f"planted queries compared with {ours['oracle']}, at 31 bits and at their own distance",
            f"{ours['queries_compared']:,}; differences {_different(ours)}",
        ),
        ("bytes mapped a hash; private of a reader process", _pair(ours, "mapped", "private")),
        ("a new process opens the store in", f"{ours['opened_by_a_new_process_s'] * 1000:.0f} ms"),
        ("durable add of one; delete of one, medians", _changes(ours)),
        ("durable adds in batches of 1,000", f"{ours['batch_adds_per_s']:,} a second"),
        (
            f"an add and a delete answered by another process (longest of {live['markers']})",
            f"{live['add_seen_longest_ms']} ms and {live['delete_seen_longest_ms']} ms",
        ),
        (
            f"answers it gave meanwhile, {live['asked_per_s']:,} a second; wrong ones",
            f"{live['asked']:,}; {live['wrong_answers']}",
        ),
    ]
    if "targets_found" in ours:
        facts.insert(1, ("planted targets found", f"{ours['targets_found']:,} of {document['planted']:,}"))
    if restricted is not None:
        facts.append(
            (
                "asked by one owner of 64; by all, in the same turns",
                f"{restricted['cpu_ms']} ms; {restricted['cpu_ms_of_all_groups_in_the_same_turns']} ms",
            )
        )
    yield _table(("of ours", ""), facts)


def _different(ours: Document) -> int:
    return int(ours["differences_at_31"]) + int(ours["differences_at_own_distance"])


def _pair(ours: Document, *names: str) -> str:
    return "; ".join(str(ours[f"{name}_bytes_per_hash"]) for name in names)


def _changes(ours: Document) -> str:
    return f"{ours['durable_add_ms']} ms; {ours['delete_ms']} ms"


def _times(ratio: float | None) -> str | None:
    return None if ratio is None else f"{ratio} times"


def _lookups(document: Document) -> Iterable[str]:
    calls = [case for case in document["cases"] if "wall_s" in case]
    yield _table(
        (
            "one call of 10,000",
            "s wall, median",
            "slowest",
            "rows a second of one core, all server processes",
        ),
        (
            (case["case"], case["wall_s"], case["worst_wall_s"], f"{case['rows_per_core_s']:,}")
            for case in calls
        ),
    )
    matcher = next(case for case in document["cases"] if case["case"] == "matcher")
    yield _table(
        ("the matcher", ""),
        (
            ("lays its files anew from the database in", f"{matcher['laid_s']} s"),
            (
                "answers again after `kill -9`, its supervisor's pause included",
                f"{matcher['back_after_kill_s']} s",
            ),
            ("bytes mapped a record, digests and names included", matcher["mapped_bytes_per_record"]),
            ("private memory", f"{matcher['private_mb']} MB"),
        ),
    )


def _hashing(document: Document) -> Iterable[str]:
    pictures = [case for case in document["cases"] if "cpu_ms" in case]
    by_case: dict[str, dict[str, Document]] = {}
    for case in pictures:
        by_case.setdefault(case["case"], {})[case["engine"]] = case
    yield _table(
        (
            "picture",
            "bytes",
            "HMA's path, ms cpu",
            "ours",
            "faster",
            "ours, every pixel",
            "faster",
            "confined, wall",
        ),
        (
            (
                name,
                f"{engines['vigie']['bytes']:,}",
                engines.get("threatexchange", {}).get("cpu_ms"),
                engines["vigie"]["cpu_ms"],
                _times(engines["vigie"].get("times_faster")),
                engines["vigie full"]["cpu_ms"],
                _times(engines["vigie full"].get("times_faster")),
                engines["vigie confined"]["wall_ms"],
            )
            for name, engines in by_case.items()
        ),
    )
    digests = next(case for case in document["cases"] if "mb_per_cpu_s" in case)
    facts = [
        (
            "MD5, SHA-1 and SHA-256 in one pass",
            f"{digests['mb_per_s']} MB a second, {digests['mb_per_cpu_s']} a second of processor time",
        )
    ]
    if agreement := document.get("agreement"):
        facts += [
            (
                f"bits from the reference over {agreement['pictures']} drawn JPEGs, quality 50 and more",
                f"{agreement['mass_path_bits_mean']} on average, {agreement['mass_path_bits_most']} at most",
            ),
            ("bits from the reference where every pixel is decoded", str(agreement["full_decode_bits_most"])),
        ]
    yield _table(("of ours", ""), facts)
