"""Size limits: what does not fit one reading is split before it is merged (design: section 3)."""

import ast
import io
import statistics
import tokenize
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "vigie"
MODULES = sorted(
    path
    for path in SOURCE.rglob("*.py")
    if "migrations" not in path.parts and "__pycache__" not in path.parts
)
KERNEL_LINES = 1500
AUDITORS_SET_LINES = 2500
AUDITORS_SET = ("kernel", "engines/proofs", "engines/sealing", "matcher/answers.py")


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def code_lines(path: Path) -> int:
    """Lines of code: blanks, comments and docstrings apart."""
    text = path.read_text(encoding="utf-8")
    counted: set[int] = set()
    skipped = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped:
            counted.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            counted.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(counted)


def code_lines_below(*places: str) -> int:
    chosen = [p for p in MODULES if any(str(p.relative_to(SOURCE)).startswith(place) for place in places)]
    return sum(code_lines(path) for path in chosen)


def test_no_module_passes_500_lines() -> None:
    assert {str(p.relative_to(SOURCE)): lines_of(p) for p in MODULES if lines_of(p) > 500} == {}


def test_the_median_module_is_at_most_120_lines() -> None:
    assert statistics.median(lines_of(path) for path in MODULES) <= 120


def test_no_function_passes_60_lines() -> None:
    long = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > 60:
                    long[f"{path.relative_to(SOURCE)}:{node.name}"] = length
    assert long == {}


def test_the_kernel_can_be_read_in_a_day() -> None:
    assert code_lines_below("kernel") <= KERNEL_LINES


def test_the_auditors_set_stays_small() -> None:
    assert code_lines_below(*AUDITORS_SET) <= AUDITORS_SET_LINES
