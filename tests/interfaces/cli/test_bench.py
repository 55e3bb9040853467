"""`vigie bench`: each bench a command with its own options; measured at tiny sizes, with the peers taken away."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.postgres import child_environment
from vigie.interfaces.cli.bench import BENCHES, load

ROOT = Path(__file__).resolve().parents[3]
WITHOUT_PEERS = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from bench import peers
peers.missing = lambda names: tuple(names)
from vigie.interfaces.cli.app import main
main(sys.argv[1:])
"""


def run(*arguments: str, peers: bool = True) -> subprocess.CompletedProcess[str]:
    alone = WITHOUT_PEERS.format(root=str(ROOT), tests=str(ROOT / "tests"))
    program = ["-m", "vigie"] if peers else ["-c", alone]
    return subprocess.run(
        [sys.executable, *program, "bench", *arguments],
        capture_output=True, text=True, env=child_environment(), check=False,
    )  # fmt: skip


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_every_bench_is_named_and_none_is_imported_for_it() -> None:
    said = run("--help")
    assert said.returncode == 0
    assert all(name in said.stdout for name in BENCHES)


def test_a_bench_has_its_own_options_and_only_those() -> None:
    said = run("matching", "--help").stdout
    assert all(option in said for option in ("--size", "--shape", "--planted", "--rounds", "--json"))
    assert "--size" not in run("intake", "--help").stdout


def test_an_unknown_bench_and_an_unknown_shape_are_wrong_usage() -> None:
    assert run("speed").returncode == 2
    refused = run("matching", "--shape", "round")
    assert refused.returncode == 2
    assert "duplicated" in refused.stderr


@pytest.mark.timeout(300)  # the first run compiles the searches
@pytest.mark.parametrize("shape", ["random", "duplicated"])
def test_matching_without_peers_measures_ours_and_says_what_is_missing(shape: str) -> None:
    tiny = ("--size", "5000", "--planted", "200", "--rounds", "2", "--cold", "5", "--changes", "4")
    told = document(run("matching", *tiny, "--shape", shape, "--json", peers=False))
    assert "threatexchange, faiss" in told["note"]
    assert "requirements/bench.lock" in told["note"]
    assert [case["engine"] for case in told["cases"]] == ["vigie", "vigie, one group of 64"]
    ours = told["cases"][0]
    assert (ours["recall"], ours["differences_at_31"], ours["differences_at_own_distance"]) == (1.0, 0, 0)
    assert (ours["oracle"], ours["queries_compared"]) == ("vigie FlatIndex", 200)
    assert ours["targets_found"] == 200
    assert ours["rows"] == 5000
    assert ours["mapped_bytes_per_hash"] > 32
    assert told["live"]["wrong_answers"] == 0
    assert told["live"]["asked"] > 0
    assert told["live"]["add_seen_longest_ms"] < 1000


def test_hashing_without_peers_measures_ours_and_says_what_is_missing() -> None:
    told = document(run("hashing", "--small", "--rounds", "3", "--json", peers=False))
    assert "threatexchange, pdqhash" in told["note"]
    assert "agreement" not in told
    engines = {case["engine"] for case in told["cases"]}
    assert engines == {"vigie", "vigie full", "vigie confined"}
    assert all(case["cpu_ms"] > 0 for case in told["cases"] if "cpu_ms" in case)
    assert told["cases"][-1]["mb_per_cpu_s"] > 0


def test_beside_the_reference_every_pixel_is_exact_and_the_mass_path_near() -> None:
    pytest.importorskip("pdqhash")
    pytest.importorskip("threatexchange")
    told = document(run("hashing", "--small", "--rounds", "3", "--pictures", "24", "--json"))
    assert told["agreement"]["full_decode_bits_most"] == 0
    assert told["agreement"]["mass_path_bits_most"] <= told["agreement"]["mass_path_allowed"] == 10


def test_neighbouring_bits_are_equal_as_often_as_said() -> None:
    drawing = load("known_codes.drawing")
    for shape, share in ((drawing.Shape.CORRELATED, 0.65), (drawing.Shape.RANDOM, 0.5)):
        bits = np.unpackbits(drawing.draw(shape, 4_000, seed=3), axis=1)
        assert abs((bits[:, 1:] == bits[:, :-1]).mean(axis=0) - share).max() < 0.05
        assert abs(bits.mean() - 0.5) < 0.02


def test_the_commonest_code_holds_a_hundredth_of_all() -> None:
    drawing = load("known_codes.drawing")
    codes = drawing.draw(drawing.Shape.DUPLICATED, 20_000, seed=4)
    times = np.sort(np.unique(codes, axis=0, return_counts=True)[1])[::-1]
    assert times[:4].tolist() == [200, 100, 66, 50]
    assert 0.8 < (times == 1).sum() / len(codes) < 0.96


@given(st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_a_planted_query_is_as_far_from_its_row_as_it_says(seed: int) -> None:
    drawing = load("known_codes.drawing")
    codes = drawing.draw(drawing.Shape.RANDOM, 100, seed=5)
    planted = drawing.plant(codes, 50, seed)
    apart = np.bitwise_count(planted.codes ^ codes[planted.rows]).sum(axis=1)
    assert apart.tolist() == planted.distances.tolist()
    assert set(planted.distances.tolist()) <= set(range(32))


def test_the_page_of_figures_is_the_one_written_from_the_results() -> None:
    figures = load("figures")
    documents = list(figures.kept())
    assert documents
    assert figures.PAGE.read_text(encoding="utf-8") == figures.page(documents)
    assert figures.PLOT.read_text(encoding="utf-8") == figures.plot(documents)


def test_the_plot_has_one_bar_for_each_figure_and_longer_ones_for_larger() -> None:
    drawn = ET.fromstring(load("plot").bars("ms & more", {"a": {"x": 0.1, "y": 10.0}, "b": {"x": 1.0}}))
    bars = [each for each in drawn.iter("{http://www.w3.org/2000/svg}rect") if each.get("x")]
    lengths = [float(each.get("width", "")) for each in bars]
    assert len(lengths) == 3
    assert lengths[0] < lengths[2] < lengths[1]


def test_what_confinement_costs_is_the_difference_of_two_medians_of_one_run() -> None:
    turns = [("small", "vigie", 4.0), ("small", "vigie confined", 5.5), ("large", "vigie", 40.0), ("large", "vigie confined", 51.0)]  # fmt: skip
    cases = [{"case": case, "engine": engine, "wall_ms": taken} for case, engine, taken in turns]
    cases.append({"case": "digests", "engine": "vigie", "mb_per_s": 100})
    found = load("hashing").confinement(cases)
    assert [(one["case"], one["more_ms"], one["more_percent"]) for one in found] == [("small", 1.5, 37.5), ("large", 11.0, 27.5)]  # fmt: skip
    assert [one["within_what_is_allowed"] for one in found] == [True, False]
