"""Lists of known media of every kind, as others write them, and the JSON reader under them."""

import io
import json
import tempfile
from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

from fuzz.guidance import said, size, sources
from fuzz.reader import Reader, holds
from vigie.engines.formats import json_cursor
from vigie.engines.formats.hash_lists import (
    ListEntry,
    ListFault,
    ListRefused,
    ListWithdrawal,
    detect,
    entries,
    json_records,
    lines,
    plain,
    read_list,
    reading,
    table,
    threatexchange,
    vics,
)
from vigie.engines.formats.hash_lists.entries import HASH_BYTES

_TOKENS = (
    b'"value":[', b'"MediaID":', b'"MD5":"', b'"@odata.context":', b'"odata.metadata":', b'"AlternativeHashes":[', b'"HashName":"PDQ"',
    b'"threat_updates":[', b'"indicator":', b'"should_delete":true', b'"data":[', b"MD5 (", b"pdq,", b"sha256;", b'"', b"[[[[[[[[", b'{"a":' * 8,
    b"Baseline", b"PhotoDNA", b"ImageID", b"\\u0000", b"0x",
)  # fmt: skip


def readers(stack: ExitStack) -> tuple[Reader, ...]:
    """The lists, from a file as the program reads them; and the walk over JSON."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigie-fuzz-")))

    def read(data: bytes) -> Hashable:
        return _read(folder / "list", data)

    traced = sources(entries, json_cursor, json_records, lines, plain, reading, table, threatexchange, vics)
    return (
        Reader(
            "hash lists",
            _seeds,
            read,
            declared=(ListRefused,),
            traced=traced,
            tokens=_TOKENS,
            longest=16 * 1024,
            weight=3.0,
        ),
        Reader(
            "json cursor",
            _json_seeds,
            _walk,
            declared=_BROKEN,
            traced=sources(json_cursor),
            tokens=_TOKENS,
            longest=16 * 1024,
        ),
    )


_BROKEN = (json_cursor.JsonBroken, json_cursor.JsonTooLarge, RecursionError)


def _read(path: Path, data: bytes) -> Hashable:
    path.write_bytes(data)
    kind = detect(path)
    counts = {ListEntry: 0, ListFault: 0, ListWithdrawal: 0}
    faults: set[Hashable] = set()
    for found in read_list(path):
        counts[type(found)] += 1
        if isinstance(found, ListEntry):
            for name, length in HASH_BYTES.items():
                value = getattr(found, name)
                holds(value is None or len(value) == length, f"a {name} of {len(value or b'')} bytes")
            holds(found.pdq_quality is None or 0 <= found.pdq_quality <= 100, "a quality that is none")
            holds(isinstance(found.item, str), "an item without a name")
        elif isinstance(found, ListFault):
            faults.add(said(ValueError(found.reason))[1])
            holds(len(found.reason) < 400, "a fault longer than a line")
    holds(sum(counts.values()) <= 4 * len(data) + 4, "more records than bytes")
    return kind.value, tuple(size(count) for count in counts.values()), len(faults)


def _walk(data: bytes) -> Hashable:
    cursor = json_cursor.JsonCursor(io.StringIO(data.decode("utf-8", "replace")), largest=1000)
    count = 0
    while cursor.peek():
        cursor.skip()
        count += 1
    return "walked", size(count)


def _json_seeds() -> Sequence[bytes]:
    return [
        b'{"a":[1,2.5e3,"x\\"y",null,{"b":[]}]} [true,false] "end"',
        json.dumps({"long": "x" * 1500}).encode(),
    ]


def _digest(chance: Random, name: str) -> str:
    return chance.randbytes(HASH_BYTES[name]).hex()


def _seeds() -> Sequence[bytes]:
    chance = Random(1)
    md5, sha1, sha256, pdq = (
        [_digest(chance, name) for _ in range(4)] for name in ("md5", "sha1", "sha256", "pdq")
    )
    media = [
        {
            "MediaID": number, "MD5": md5[number].upper(), "SHA1": sha1[number], "Category": number, "Series": "S",
            "MediaSize": 1000 + number, "AlternativeHashes": [{"HashName": "PDQ", "HashValue": pdq[number]}],
        }
        for number in range(3)
    ]  # fmt: skip
    vics_2 = {"@odata.context": "http://example/2", "value": [{"CaseID": "c", "Media": media}]}
    vics_1 = {"odata.metadata": "http://example/1", "value": media}
    updates = [
        {"id": "1", "type": "HASH_PDQ", "indicator": pdq[0], "descriptors": {"data": [{"status": "x"}]}},
        {"id": "2", "type": "HASH_MD5", "indicator": {"type": "HASH_MD5", "indicator": md5[0]}},
        {"id": "1", "should_delete": True},
    ]
    plain_lines = "\n".join(["# drawn", *md5, f"{sha1[0]}  file name.jpg", f"MD5 (a.jpg) = {md5[1]}", f"{pdq[0]},88,x.jpg", f"sha256:{sha256[0]}"])  # fmt: skip
    table_of = "\n".join(
        ["item;md5;sha1;category;size", f"1;{md5[0]};{sha1[0]};1;100", f'"2";"{md5[1]}";;"a;b";7']
    )
    icse = "\r\n".join(
        ["MD5,SHA1,PhotoDNA,ImageID,Baseline", f"{md5[0]},{sha1[0]},,7,yes", f"{md5[1]},{sha1[1]},,8,no"]
    )
    signals = "\n".join(["type,value,id", f"HASH_PDQ,{pdq[0]},1", f"HASH_SHA256,{sha256[1]},2"])
    return [
        plain_lines.encode(),
        plain_lines.encode("utf-16"),
        table_of.encode(),
        table_of.replace("a;b", "é").encode("latin-1"),
        icse.encode("utf-8-sig"),
        signals.encode(),
        json.dumps(vics_2).encode(),
        json.dumps(vics_1, indent=1).encode(),
        json.dumps({"threat_updates": updates}).encode(),
        "\n".join(json.dumps(one) for one in updates).encode(),
        json.dumps(vics_2, ensure_ascii=False).encode("utf-16-le"),
    ]
