"""The command behind `make messages`, on a source of its own; and the real catalogues as gettext reads them."""

import gettext
import importlib.util
import io
import json
from pathlib import Path
from types import ModuleType

import polib
import pytest

from vigie.locale.catalogues import FORMS, catalogue_path
from vigie.locale.messages import FOLDER, main

ROOT = Path(__file__).resolve().parents[2]
ONE_NUMBER_OF_EACH_FORM = {"fr": (1, 2), "es": (1, 2), "ar": (0, 1, 2, 3, 11, 100)}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "src" / "shop"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text('from django.utils.translation import gettext as _\n_("Open")\n')
    return folder


def run(source: Path, *arguments: str) -> int:
    return main(arguments, source=source, folder=source / "locale")


def translate(source: Path, text: str, translation: str) -> None:
    for language in FORMS:
        path = catalogue_path(source / "locale", language)
        catalogue = polib.pofile(str(path))
        catalogue.find(text).msgstr = translation
        catalogue.save()


def test_catalogues_and_counts_are_written_once(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(source) == 0
    assert "1 texts, 1 left to do" in capsys.readouterr().err
    written = json.loads((source / "locale" / "reviewed.json").read_text())
    assert written == {language: {"total": 1, "reviewed": 0} for language in sorted(FORMS)}
    assert run(source) == 0
    assert "Written" not in capsys.readouterr().err


def test_no_path_of_the_machine_stands_in_a_catalogue(source: Path) -> None:
    run(source)
    text = catalogue_path(source / "locale", "fr").read_text()
    assert "#: src/shop/a.py\n" in text
    assert str(source.parents[1]) not in text


def test_check_fails_until_everything_is_collected_and_translated(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(source, "--check") == 1
    assert not (source / "locale").exists()
    run(source)
    assert run(source, "--check") == 1
    assert "'Open' is not translated" in capsys.readouterr().err
    translate(source, "Open", "Abc")
    run(source)
    assert run(source, "--check") == 0
    (source / "b.py").write_text('from django.utils.translation import gettext as _\n_("Close")\n')
    assert run(source, "--check") == 1
    assert "Out of date" in capsys.readouterr().err


def test_a_text_that_cannot_be_collected_fails_the_command(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (source / "b.py").write_text('from django.utils.translation import gettext as _\nname = "x"\n_(name)\n')
    assert run(source) == 1
    assert "src/shop/b.py:3" in capsys.readouterr().err


def build_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("front_end_build", ROOT / "frontend" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", sorted(FORMS))
def test_the_compiled_catalogues_give_every_text_in_every_form(language: str) -> None:
    path = catalogue_path(FOLDER, language)
    compiled = gettext.GNUTranslations(io.BytesIO(build_script().compiled(path.read_text(encoding="utf-8"))))
    for entry in polib.pofile(str(path)):
        if entry.obsolete or not entry.translated():
            continue
        if entry.msgid_plural:
            got = [
                compiled.ngettext(entry.msgid, entry.msgid_plural, number)
                for number in ONE_NUMBER_OF_EACH_FORM[language]
            ]
            assert got == [entry.msgstr_plural[form] for form in range(FORMS[language])]
        elif entry.msgctxt:
            assert compiled.pgettext(entry.msgctxt, entry.msgid) == entry.msgstr
        else:
            assert compiled.gettext(entry.msgid) == entry.msgstr
