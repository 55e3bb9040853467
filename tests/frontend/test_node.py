"""The scripts' own tests, run by node's test runner."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"


def test_the_scripts_pass_their_own_tests() -> None:
    spec = importlib.util.spec_from_file_location("frontend_build_for_node", FRONTEND / "build.py")
    build = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = build
    spec.loader.exec_module(build)
    try:
        node, _, _ = build.node_commands()
    except build.BuildProblemError as problem:
        pytest.skip(f"node is absent: {problem}")
    if not (FRONTEND / "node_modules/esbuild").is_dir():
        pytest.skip("the front end's packages are not installed: run frontend/build.py")
    done = subprocess.run(
        [*node, "test.mjs"], cwd=FRONTEND, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "# fail 0" in done.stdout or "ℹ fail 0" in done.stdout
