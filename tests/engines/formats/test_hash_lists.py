"""Lists of known media: told by content, read as streams, one bad record never costs another."""

import codecs
import csv
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.engines.formats.hash_lists import (
    ListEntry,
    ListFault,
    ListKind,
    ListRefused,
    ListWithdrawal,
    detect,
    read_list,
)

MD5 = "963e1155f2d156ea75f01a92aa0836b5"
SHA1 = "31c5cdcb8a07d1a4940ff751fdf24fc02a77f5f2"
SHA256 = "33539b367fba72ae2c16a875b89b809653e07e15eed35bc77749a53f7103d3fb"
PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"  # exactly 128 bits set
ICSE_HEADER = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Number of submissions;File Available;Media Type;Baseline"
)
VICS_2 = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#"
VICS_1 = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#"


@pytest.fixture
def written(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "misleading.name.json"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def only_entry(path: Path) -> ListEntry:
    (entry,) = read_list(path)
    assert isinstance(entry, ListEntry)
    return entry


class TestPlain:
    @pytest.mark.parametrize(
        ("line", "field", "digits"),
        [
            (MD5, "md5", MD5),
            (MD5.upper(), "md5", MD5),
            (f"  0x{SHA1}  ", "sha1", SHA1),
            (SHA256, "sha256", SHA256),
            (f"{MD5}  drawing.png", "md5", MD5),
            (f"{MD5}  {SHA256}.png", "md5", MD5),
            (f"{SHA1} *a name with spaces.png", "sha1", SHA1),
            (f"{PDQ} *named.png", "sha256", PDQ),  # so sha256sum writes it, whatever the bits look like
            (f"SHA256 (drawing (2).png) = {SHA256}", "sha256", SHA256),
            (f"md5:{MD5}", "md5", MD5),
            (f"SHA-1 = {SHA1}", "sha1", SHA1),
            (f"pdq {PDQ}", "pdq", PDQ),
            (f"video_md5 {MD5}", "md5", MD5),
            (f'"{MD5}",', "md5", MD5),
        ],
    )
    def test_every_customary_way_to_write_one_hash(
        self, written: Any, line: str, field: str, digits: str
    ) -> None:
        path = written(f"# a comment\n\n{line}\n")
        assert detect(path) is ListKind.PLAIN
        assert only_entry(path) == ListEntry(item="line 3", **{field: bytes.fromhex(digits)})

    def test_pdq_with_its_quality_as_pdq_tools_write_it(self, written: Any) -> None:
        entry = only_entry(written(f"{SHA256},87,drawing.png\n"))
        assert (entry.pdq, entry.pdq_quality, entry.sha256) == (bytes.fromhex(SHA256), 87, None)

    def test_a_short_list_that_looks_like_pdq_is_read_as_both(self, written: Any) -> None:
        entry = only_entry(written(PDQ))
        assert entry.pdq == entry.sha256 == bytes.fromhex(PDQ)

    def test_a_long_list_with_half_of_all_bits_set_is_pdq(self, written: Any) -> None:
        rows = [f"{(1 << 128) - 1 << shift:064x}" for shift in range(40)]
        entries = list(read_list(written("\n".join(rows))))
        assert [(entry.pdq.hex(), entry.sha256) for entry in entries] == [(row, None) for row in rows]

    def test_bad_lines_are_named_and_the_rest_goes_on(self, written: Any) -> None:
        found = list(read_list(written(f"{MD5}\nnonsense\n{MD5[:-1]}\nphotodna:{SHA256}\n{SHA1}\n")))
        assert found == [
            ListEntry(item="line 1", md5=bytes.fromhex(MD5)),
            ListFault("line 2", "does not begin with a hash: 'nonsense'"),
            ListFault("line 3", "31 hexadecimal digits are no hash: 32, 40, 64 are"),
            ListFault("line 4", "photodna is a kind of hash that is not compared"),
            ListEntry(item="line 5", sha1=bytes.fromhex(SHA1)),
        ]

    @pytest.mark.parametrize(
        "empty", ["d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"]
    )
    def test_the_hash_of_an_empty_file_is_left_out(self, written: Any, empty: str) -> None:
        first, second = read_list(written(f"{empty}\n{MD5}\n"))
        assert isinstance(first, ListFault)
        assert "empty file" in first.reason
        assert isinstance(second, ListEntry)

    @pytest.mark.parametrize(
        "encoded",
        [
            f"{MD5}  été.png\r\n{SHA1}\r\n".encode(),
            codecs.BOM_UTF8 + f"{MD5}  été.png\n{SHA1}\n".encode(),
            f"{MD5}  été.png\n{SHA1}\n".encode("latin-1"),
            f"{MD5}  été.png\n{SHA1}\n".encode("utf-16"),
            f"{MD5}  été.png\r\n{SHA1}\r\n".encode("utf-16-le"),
            f"{MD5}  été.png\n{SHA1}\n".encode("utf-16-be"),
            codecs.BOM_UTF16_BE + f"{MD5}  été.png\n{SHA1}\n".encode("utf-16-be"),
        ],
    )
    def test_every_encoding_is_read(self, written: Any, encoded: bytes) -> None:
        assert [(entry.md5, entry.sha1) for entry in read_list(written(encoded))] == [
            (bytes.fromhex(MD5), None),
            (None, bytes.fromhex(SHA1)),
        ]

    def test_a_line_without_an_end_does_not_fill_the_memory(self, written: Any) -> None:
        path = written(f"{MD5}\n" + "x" * 5_000_000 + f"\n{SHA1}\n")
        tracemalloc.start()
        found = [one for one in read_list(path) if isinstance(one, ListEntry)]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(found) == 2
        assert peak < 8_000_000


class TestTables:
    def test_the_icse_export_with_columns_by_name(self, written: Any) -> None:
        path = written(
            f"{ICSE_HEADER}\n{MD5.upper()};;;1001;No;Yes;No;Demo Series A;3;Yes;Image;Yes\n{MD5};;;7;;;;;;;;n\n"
        )
        assert detect(path) is ListKind.ICSE_CSV
        assert list(read_list(path)) == [
            ListEntry(item="1001", md5=bytes.fromhex(MD5), category="Baseline", series="Demo Series A"),
            ListEntry(item="7", md5=bytes.fromhex(MD5)),
        ]
        turned = ";".join(reversed(ICSE_HEADER.split(";")))
        moved = written(f"{turned}\nYes;Image;Yes;3;Demo;No;Yes;No;5;;{SHA1};\n")
        assert detect(moved) is ListKind.ICSE_CSV
        assert only_entry(moved).sha1 == bytes.fromhex(SHA1)

    def test_an_unclear_baseline_flag_is_named_and_the_entry_kept(self, written: Any) -> None:
        fault, entry = read_list(written(f"{ICSE_HEADER}\n{MD5};;;1;;;;;;;;perhaps\n"))
        assert fault == ListFault("line 2", "Baseline is neither yes nor no: 'perhaps'")
        assert entry == ListEntry(item="1", md5=bytes.fromhex(MD5))

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_a_table_of_any_delimiter(self, written: Any, delimiter: str) -> None:
        names = ["id", "MD5", "SHA-1", "sha_256", "PDQ", "PDQ quality", "category", "series", "size"]
        row = ["x-1", MD5, SHA1, SHA256, PDQ, "99", "0", "Demo", "15"]
        path = written(delimiter.join(names) + "\n" + delimiter.join(row) + "\n")
        assert detect(path) is ListKind.CSV
        hashes = map(bytes.fromhex, (MD5, SHA1, SHA256, PDQ))
        assert only_entry(path) == ListEntry("x-1", *hashes, 99, "0", "Demo", 15)

    def test_a_column_named_hash_is_told_by_its_length(self, written: Any) -> None:
        found = list(read_list(written(f"hash\n{MD5}\n{SHA1}\n{SHA256}\n")))
        assert [(e.md5, e.sha1, e.sha256) for e in found] == [
            (bytes.fromhex(MD5), None, None),
            (None, bytes.fromhex(SHA1), None),
            (None, None, bytes.fromhex(SHA256)),
        ]

    def test_one_bad_cell_costs_that_cell_only(self, written: Any) -> None:
        found = list(read_list(written(f"md5,sha1,size\n{MD5},xyz,big\n,,\n{MD5}\n,,12\n")))
        assert found == [
            ListFault("line 2", "sha1 is not 40 hexadecimal digits: 'xyz'"),
            ListFault("line 2", "size is not a whole number: 'big'"),
            ListEntry(item="line 2", md5=bytes.fromhex(MD5)),
            ListEntry(item="line 4", md5=bytes.fromhex(MD5)),
            ListFault("line 5", "no md5, sha1, sha256 or pdq hash"),
        ]

    def test_a_quality_above_100_is_a_fault(self, written: Any) -> None:
        fault, entry = read_list(written(f"pdq,quality\n{PDQ},101\n"))
        assert fault == ListFault("line 2", "pdq quality is not 0 to 100: 101")
        assert entry.pdq_quality is None

    def test_a_quotation_mark_left_open_swallows_no_row(self, written: Any) -> None:
        path = written(f'id,md5\n1,{MD5}\n"2,{MD5}\n3,{MD5}\n4,{MD5}\n')
        found = list(read_list(path))
        assert [one.item for one in found if isinstance(one, ListEntry)] == ["1", "3", "4"]
        assert [one.where for one in found if isinstance(one, ListFault)] == ["line 3"]

    def test_a_quoted_cell_may_span_lines(self, written: Any) -> None:
        found = list(read_list(written(f'id,comment,md5\n1,"two\nlines",{MD5}\n2,,{MD5}\n')))
        assert [one.item for one in found] == ["1", "2"]

    def test_signals_by_type_and_value(self, written: Any) -> None:
        path = written(
            f"type,indicator,status\nHASH_MD5,{MD5},MALICIOUS\nURL,https://example.org,\nHASH_PDQ,{PDQ},\n"
        )
        assert detect(path) is ListKind.THREATEXCHANGE_CSV
        assert list(read_list(path)) == [
            ListEntry("line 2", md5=bytes.fromhex(MD5), category="MALICIOUS"),
            ListFault("line 3", "'URL' is a kind of signal that is not compared"),
            ListEntry("line 4", pdq=bytes.fromhex(PDQ)),
        ]


def medium(number: int, **more: Any) -> dict[str, Any]:
    return {"MediaID": number, "MD5": f"{number + 1:032X}", **more}


class TestVics:
    @pytest.mark.parametrize(
        ("mark", "context", "kind"),
        [("@odata.context", VICS_2, ListKind.VICS_2), ("odata.metadata", VICS_1, ListKind.VICS_1)],
    )
    @pytest.mark.parametrize("indent", [None, 2])
    def test_cases_and_bare_media_of_both_versions(
        self, written: Any, mark: str, context: str, kind: ListKind, indent: int | None
    ) -> None:
        media = [medium(number) for number in range(5)]
        shapes = {
            "Media": media,
            "Cases": [{"CaseID": "{1}", "Media": media[:2]}, {"CaseID": "2"}, {"Media": media[2:]}],
        }
        for name, value in shapes.items():
            path = written(json.dumps({mark: context + name, "value": value}, indent=indent))
            assert detect(path) is kind
            assert [entry.item for entry in read_list(path)] == ["0", "1", "2", "3", "4"]

    def test_every_member_that_matters(self, written: Any) -> None:
        record = medium(
            7,
            SHA1=SHA1.upper(),
            Category=0,
            Series="Demo, Other",
            MediaSize="15",
            VictimIdentified="true",
            IsDistributed=None,
            AlternativeHashes=[
                {"HashName": "SHA-256", "HashValue": SHA256.upper()},
                {"HashName": "PDQ", "HashValue": PDQ},
                {"HashName": "PDQ quality", "HashValue": 91},
                {"HashName": "PhotoDNA", "HashValue": "AAcO"},
                None,
            ],
            MediaFiles=[{"MD5": MD5, "FileName": "a.png", "FilePath": "x"}],
        )
        entry = only_entry(written(json.dumps({"@odata.context": VICS_2 + "Media", "value": [record]})))
        hashes = map(bytes.fromhex, (record["MD5"], SHA1, SHA256, PDQ))
        assert entry == ListEntry("7", *hashes, 91, "0", "Demo, Other", 15)

    def test_category_zero_and_none_stay_apart(self, written: Any) -> None:
        value = [medium(1, Category=0), medium(2, Category=None), medium(3, Category=""), medium(4)]
        found = read_list(written(json.dumps({"odata.metadata": VICS_1 + "Media", "value": value})))
        assert [entry.category for entry in found] == ["0", None, None, None]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
    def test_marks_and_wide_characters(self, written: Any, encoding: str) -> None:
        text = json.dumps(
            {"odata.metadata": VICS_1 + "Media", "value": [medium(1, Series="été")]}, ensure_ascii=False
        )
        assert only_entry(written(text.encode(encoding))).series == "été"

    def test_broken_records_are_named_and_the_rest_goes_on(self, written: Any) -> None:
        good = json.dumps(medium(1))
        text = f'{{"@odata.context":"{VICS_2}Media","value":[{good},{{"MD5": tru}},{good},17,{{"MD5":"xy"}},{{}},{good}]}}'
        found = list(read_list(written(text)))
        assert [type(one) for one in found] == [
            ListEntry,
            ListFault,
            ListEntry,
            ListFault,
            ListFault,
            ListFault,
            ListEntry,
        ]
        assert [one.where for one in found if isinstance(one, ListFault)] == [
            f"record {n}" for n in (2, 4, 5, 6)
        ]

    @given(cut=st.integers(130, 700), indent=st.sampled_from([None, 1]))
    @settings(deadline=None)
    def test_a_file_cut_off_gives_what_stood_before_and_says_so(
        self, tmp_path_factory: pytest.TempPathFactory, cut: int, indent: int | None
    ) -> None:
        text = json.dumps(
            {"@odata.context": VICS_2 + "Media", "value": [medium(n) for n in range(40)]}, indent=indent
        )
        path = tmp_path_factory.mktemp("list") / "cut"
        path.write_text(text[:cut])
        *entries, fault = read_list(path)
        assert [entry.item for entry in entries] == [str(n) for n in range(len(entries))]
        assert len(entries) >= text[:cut].count("}")
        assert isinstance(fault, ListFault)
        assert "cut off" in fault.reason

    def test_a_case_larger_than_memory_allows_is_streamed(self, tmp_path: Path) -> None:
        path = tmp_path / "large"
        with path.open("w") as file:
            file.write(f'{{"@odata.context":"{VICS_2}Cases","value":[{{"CaseID":"1","Media":[')
            for number in range(60_000):
                comma = "," if number else ""
                file.write(
                    comma + json.dumps(medium(number, Comments="x" * 200, MediaFiles=[{"FileName": "a"}]))
                )
            file.write('],"CaseNumber":"N"}]}')
        assert path.stat().st_size > 15_000_000
        tracemalloc.start()
        count = sum(isinstance(one, ListEntry) for one in read_list(path))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == 60_000
        assert peak < 40_000_000  # four million characters, held twice while more is read

    def test_one_oversized_record_is_still_read(self, written: Any) -> None:
        record = medium(1, MediaFiles=[{"FileName": "n" * 1_000} for _ in range(9_000)])
        path = written(json.dumps({"@odata.context": VICS_2 + "Media", "value": [record, medium(2)]}))
        assert [entry.item for entry in read_list(path)] == ["1", "2"]


class TestThreatExchange:
    ROWS = (
        {
            "id": "11",
            "type": "HASH_PDQ",
            "indicator": PDQ,
            "should_delete": False,
            "descriptors": {
                "data": [{"status": "MALICIOUS"}, {"status": "SUSPICIOUS"}, {"status": "MALICIOUS"}]
            },
        },
        {"id": "12", "type": "HASH_VIDEO_MD5", "indicator": MD5},
        {"id": "13", "type": "HASH_MD5", "indicator": SHA1},
        {"id": "14", "type": "HASH_TMK", "indicator": "x"},
        {"id": "11", "type": "HASH_PDQ", "should_delete": True},
        {"id": "15", "indicator": {"type": "HASH_SHA256", "indicator": SHA256}, "status": "UNKNOWN"},
    )

    @pytest.mark.parametrize(
        "text",
        [
            json.dumps({"data": ROWS, "paging": {"next": "x"}}),
            json.dumps(ROWS, indent=1),
            "\n".join(json.dumps(row) for row in ROWS),
        ],
        ids=["answer", "array", "rows"],
    )
    def test_rows_become_entries_withdrawals_and_faults(self, written: Any, text: str) -> None:
        path = written(text)
        assert detect(path) is ListKind.THREATEXCHANGE_JSON
        assert list(read_list(path)) == [
            ListEntry("11", pdq=bytes.fromhex(PDQ), category="MALICIOUS, SUSPICIOUS"),
            ListEntry("12", md5=bytes.fromhex(MD5)),
            ListFault("record 3", f"md5 is not 32 hexadecimal digits: '{SHA1}'"),
            ListFault("record 4", "'HASH_TMK' is a kind of signal that is not compared"),
            ListWithdrawal("11"),
            ListEntry("15", sha256=bytes.fromhex(SHA256), category="UNKNOWN"),
        ]

    def test_a_broken_row_costs_that_row_only(self, written: Any) -> None:
        good = json.dumps({"signal_type": "md5", "signal": MD5, "id": "1"})
        found = list(read_list(written(f'{good}\n{{"signal_type": oops}}\n{good}\n')))
        assert [type(one) for one in found] == [ListEntry, ListFault, ListEntry]


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "the file is empty"),
            (b" \n\n", "the file is empty"),
            (b"dear colleague,\nplease find attached\n", "holds neither hashes"),
            (b"name,value\na,1\n", "holds neither hashes"),
            (b'{"Teapot": 1}', "begins as JSON, but holds neither"),
            (bytes(range(256)) * 20, "holds neither hashes"),
        ],
    )
    def test_what_is_no_list_is_refused_with_file_and_reason(
        self, written: Any, content: bytes, reason: str
    ) -> None:
        path = written(content)
        with pytest.raises(ListRefused, match=reason) as refused:
            read_list(path)
        assert str(path) in str(refused.value)


@given(
    entries=st.lists(
        st.tuples(
            st.none() | st.binary(min_size=16, max_size=16),
            st.none() | st.binary(min_size=20, max_size=20),
            st.binary(min_size=32, max_size=32),
            st.none() | st.integers(0, 10**15),
            st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12),
        ),
        min_size=1,
        max_size=30,
    )
)
@settings(deadline=None)
def test_what_a_table_or_a_vics_file_holds_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    entries: list[tuple[bytes | None, bytes | None, bytes, int | None, str]],
) -> None:
    expected = [
        ListEntry(str(number), md5, sha1, sha256, None, None, None, series or None, size)
        for number, (md5, sha1, sha256, size, series) in enumerate(entries)
    ]
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["id", "md5", "sha1", "sha256", "size", "series"])
    media = []
    for entry in expected:
        md5, sha1 = (value.hex() if value else "" for value in (entry.md5, entry.sha1))
        sha256 = entry.sha256.hex() if entry.sha256 else ""
        writer.writerow([entry.item, md5, sha1, sha256, entry.size, entry.series])
        alternatives = [{"HashName": "SHA256", "HashValue": sha256}]
        media.append(
            {
                "MediaID": int(entry.item),
                "MD5": md5,
                "SHA1": sha1,
                "MediaSize": entry.size,
                "Series": entry.series,
            }
            | {"AlternativeHashes": alternatives}
        )
    folder = tmp_path_factory.mktemp("lists")
    for name, text in (
        ("table", table.getvalue()),
        ("vics", json.dumps({"@odata.context": VICS_2 + "Media", "value": media})),
    ):
        (folder / name).write_text(text, encoding="utf-8", newline="")
        assert list(read_list(folder / name)) == expected


@given(
    noise=st.binary(max_size=300),
    lead=st.sampled_from([b"", b'{"@odata.context":"x","value":[', b"md5,pdq\n", b"{"]),
)
@settings(deadline=None)
def test_no_bytes_whatever_make_reading_fail_otherwise(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, lead: bytes
) -> None:
    path = tmp_path_factory.mktemp("list") / "noise"
    path.write_bytes(lead + noise)
    try:
        found = list(read_list(path))
    except ListRefused:
        return
    assert all(isinstance(one, ListEntry | ListFault | ListWithdrawal) for one in found)


@pytest.mark.parametrize("odd", ["[" * 300 + "]" * 300, '{"a":' * 300 + "1" + "}" * 300, "[1]", "{}"])
def test_a_list_or_an_object_where_a_word_should_stand_is_none(written, odd: str):
    """Its text would be Python's own, and one nested nearly as deep as Python goes could not be had at all."""
    media = f'{{"@odata.context":"x","value":[{{"MediaID":{odd},"MD5":"{"ab" * 16}","Category":{odd},"Series":{odd}}}]}}'
    [entry] = read_list(written(media))
    assert isinstance(entry, ListEntry)
    assert (entry.item, entry.category, entry.series) == ("ab" * 16, None, None)


@pytest.mark.parametrize(
    "content", [f"type,value\n{'HASH' * 50_000},x\n", f"{'NAME' * 50_000}: {'ab' * 16}\n{MD5}\n", f'{{"threat_updates":[{{"type":"{"X" * 90_000}","indicator":"y"}}]}}'],
)  # fmt: skip
def test_a_fault_is_a_line_however_long_what_it_quotes(written, content: str):
    faults = [found for found in read_list(written(content)) if isinstance(found, ListFault)]
    assert faults
    assert all(len(fault.reason) < 200 for fault in faults)
