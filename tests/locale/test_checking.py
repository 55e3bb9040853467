"""Which faults of a translation are found without knowing its language."""

import polib
import pytest

from vigie.locale.checking import faults


def plain(text: str, translation: str, *, language: str = "fr", fuzzy: bool = False) -> list[str]:
    entry = polib.POEntry(msgid=text, msgstr=translation, flags=["fuzzy"] if fuzzy else [])
    return list(faults(entry, language))


def counted(language: str, *forms: str) -> list[str]:
    entry = polib.POEntry(
        msgid="%(count)s file", msgid_plural="%(count)s files", msgstr_plural=dict(enumerate(forms))
    )
    return list(faults(entry, language))


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("Open", "Ouvrir"),
        ("%(a)s of %(b)s", "%(b)s, dont %(a)s"),
        ("{name} 5 %%", "5 %% {name}"),
        ("Your name is <bdi>%(name)s</bdi>.", "Nom : <bdi>%(name)s</bdi>."),
        ("\n two \n", "\n deux \n"),
    ],
)
def test_good_translations_pass(text: str, translation: str) -> None:
    assert plain(text, translation) == []


@pytest.mark.parametrize(
    ("text", "translation", "word"),
    [
        ("Open", "", "not translated"),
        ("Open", "  ", "not translated"),
        ("%(a)s left", "reste", "placeholders"),
        ("%(a)s left", "reste %(b)s", "placeholders"),
        ("%s left", "reste %d", "placeholders"),
        ("{a} left", "reste {b}", "placeholders"),
        ("a", "a 5 %% de plus", "placeholders"),
        ("<bdi>%(a)s</bdi>", "%(a)s", "tags"),
        ("Open", "Ouvrir ", "space"),
        ("Open", "\nOuvrir", "space"),
        ("It is open.", "C’est ouvert", "full stop"),
        ("Open", "Ouvrir.", "full stop"),
        ("5 days", "٥ أيام", "digits"),
    ],
)
def test_each_fault_is_named(text: str, translation: str, word: str) -> None:
    found = plain(text, translation)
    assert len(found) == 1
    assert word in found[0]
    assert repr(text) in found[0]


@pytest.mark.parametrize(("translation", "good"), [
    ("\u2068%(unit)s\u2069: نعم", True), ("<bdi>%(unit)s</bdi>: نعم", True), ("%(unit)s: نعم", False), ("\u2068%(unit)s: نعم", False),
])  # fmt: skip
def test_a_name_inside_arabic_text_keeps_its_own_direction(translation: str, good: bool) -> None:
    text = "<bdi>%(unit)s</bdi>: yes" if "bdi" in translation else "%(unit)s: yes"
    assert (plain(text, translation, language="ar") == []) is good
    assert plain("%(count)s days", "%(count)s أيام", language="ar") == []  # digits need no isolation


def test_a_fuzzy_translation_is_a_fault() -> None:
    assert "fuzzy" in plain("Open", "Ouvrir", fuzzy=True)[0]


def test_every_plural_form_is_wanted() -> None:
    assert counted("fr", "%(count)s fichier", "%(count)s fichiers") == []
    assert "plural forms" in counted("ar", "%(count)s", "%(count)s")[0]
    assert "not translated" in counted("fr", "%(count)s fichier", "")[0]


def test_a_form_that_stands_for_one_number_may_say_it_in_a_word() -> None:
    assert counted("ar", "لا", "ملف", "ملفان", "%(count)s ملفات", "%(count)s ملفاً", "%(count)s ملف") == []
    assert counted("es", "un archivo", "%(count)s archivos") == []


def test_a_form_that_stands_for_several_numbers_must_say_which() -> None:
    assert "placeholders" in counted("fr", "un fichier", "%(count)s fichiers")[0]  # 0 and 1 in French
    assert (
        "placeholders" in counted("ar", "لا", "ملف", "ملفان", "ملفات", "%(count)s ملفاً", "%(count)s ملف")[0]
    )
