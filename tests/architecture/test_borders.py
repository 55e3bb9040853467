"""Who may read the environment, and what must never be loaded where."""

import ast
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "vigie"
READS_ENVIRONMENT = {
    "interfaces/web/wsgi.py": "names the settings module, as WSGI servers expect",
    "engines/imaging/": "starts its confined child with an environment of its own making",
    "backends/processes/": "hands children the environment config made for them",
    "backends/postgres/": "looks for PostgreSQL's programs on PATH and gives its child a clean environment",
}
"""Modules outside `config` that touch os.environ, each with its reason."""
DECODERS = ("PIL", "simplejpeg", "av", "pi_heif")


def test_only_config_reads_the_environment() -> None:
    touching = set()
    for path in SOURCE.rglob("*.py"):
        place = str(path.relative_to(SOURCE))
        if place.startswith("config/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
            if named and not any(place.startswith(allowed) for allowed in READS_ENVIRONMENT):
                touching.add(place)
    assert touching == set()


def loaded_after(statement: str, environment: dict[str, str]) -> set[str]:
    program = f"{statement}; import sys; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_the_web_process_loads_no_decoder(clean_environment: dict[str, str]) -> None:
    loaded = loaded_after("import vigie.interfaces.web.wsgi, vigie.interfaces.web.urls", clean_environment)
    assert loaded.isdisjoint(DECODERS)
    assert "django" in loaded  # the test would pass on an empty list


def test_the_coordinator_of_decoding_loads_no_decoder(clean_environment: dict[str, str]) -> None:
    loaded = loaded_after("import vigie.engines.imaging", clean_environment)
    assert loaded.isdisjoint(DECODERS)


def test_the_test_can_fail(clean_environment: dict[str, str]) -> None:
    assert "PIL" in loaded_after("import PIL.Image", clean_environment)
