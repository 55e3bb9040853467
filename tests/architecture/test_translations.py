"""Four languages complete: a new text without its translations in the same commit fails here (`make messages`)."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterator

import polib
import pytest

from vigie.locale.catalogues import FORMS, PLURAL_FORMS, catalogue_path, counts, read
from vigie.locale.checking import faults
from vigie.locale.collecting import Collected, Message, collect
from vigie.locale.messages import FOLDER

LANGUAGES = sorted(FORMS)

TERMS: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "exhibit": (r"exhibits?", {"fr": ("pièce",), "es": ("pieza",), "ar": ("حرز", "أحراز")}),
    "case": (r"(?<!-)cases?", {"fr": ("affaire",), "es": ("caso",), "ar": ("قضية", "قضايا", "قضيت")}),
    "series": (r"series", {"fr": ("série",), "es": ("serie",), "ar": ("سلسلة", "سلاسل")}),
    "submission": (r"submissions?", {"fr": ("dépôt",), "es": ("entrega",), "ar": ("إيداع",)}),
    "chain of custody": (
        r"chain of custody",
        {"fr": ("chaîne de possession",), "es": ("cadena de custodia",), "ar": ("سلسلة حيازة",)},
    ),
    "legal basis": (r"legal basis", {"fr": ("base juridique",), "es": ("base jurídica",), "ar": ("الأساس القانوني", "أساساً قانونياً")}),
    "purpose": (r"(?<!on )purpose", {"fr": ("finalité",), "es": ("finalidad",), "ar": ("غرض",)}),
    "veiled view": (r"veil(?:ed)?", {"fr": ("estomp",), "es": ("difumin",), "ar": ("معتم", "تعتيم")}),
    "reveal": (r"reveal", {"fr": ("affich", "affiche"), "es": ("mostrar",), "ar": ("إظهار",)}),
    "contact only": (
        r"contact only",
        {"fr": ("contact seulement", "seulement un contact"), "es": ("solo contacto", "solo un contacto"), "ar": ("جهة اتصال فقط",)},
    ),
    "checkpoint": (
        r"checkpoints?",
        {"fr": ("point de contrôle", "points de contrôle"), "es": ("punto de control", "puntos de control"), "ar": ("نقطة تحقق", "نقطة التحقق", "نقاط التحقق")},
    ),
    "candidate (possible match)": (
        r"candidates?",
        {"fr": ("correspondance possible", "correspondances possibles"), "es": ("posible coincidencia", "posibles coincidencias"), "ar": ("تطابق محتمل", "التطابق المحتمل", "التطابقات المحتملة")},
    ),
    "verdict": (r"verdicts?", {"fr": ("conclusion",), "es": ("conclusi",), "ar": ("استنتاج",)}),
    "weak digest": (r"weak digests?", {"fr": ("faible",), "es": ("débil",), "ar": ("ضعيفة",)}),
    "witness (of the log)": (r"witness(?:es)?", {"fr": ("témoin externe",), "es": ("testigo externo",), "ar": ("شاهد خارجي",)}),
    "log": (r"log", {"fr": ("journal",), "es": ("registro de auditoría",), "ar": ("سجل التدقيق", "سجل تدقيق")}),
    "owner": (r"owners?", {"fr": ("propriétaire",), "es": ("propietari",), "ar": ("مالكة",)}),
    "supervisor": (r"supervisors?", {"fr": ("responsable",), "es": ("responsable",), "ar": ("مشرف",)}),
    "administrator": (r"administrators?", {"fr": ("administrat",), "es": ("administra",), "ar": ("مسؤول النظام",)}),
    "certificate (of a person)": (r"(?<!deletion )(?<!client )certificates?", {"fr": ("certification",), "es": ("certificaci",), "ar": ("شهادة", "شهادت", "شهادات")}),
    "client certificate": (r"client certificates?", {"fr": ("certificat client", "certificats clients"), "es": ("certificado de cliente", "certificados de cliente"), "ar": ("شهادة العميل", "شهادات العميل")}),
    "unit": (r"units?", {"fr": ("unité",), "es": ("unidad",), "ar": ("وحد",)}),
    "known list": (r"known lists?", {"fr": ("référence",), "es": ("referencia",), "ar": ("مرجعية",)}),
    "upload": (r"uploads?", {"fr": ("téléverse",), "es": ("cargar",), "ar": ("تحميل",)}),
    "cannot tell": (r"cannot tell", {"fr": ("impossible à dire",), "es": ("no se puede determinar",), "ar": ("يتعذر التحديد",)}),
}  # fmt: skip
"""Terms whose use can be told from the English: how they are found, and of what one part must stand in the translation."""

NEVER = {
    "en": r"pornograph\w*|p(?:a)?edophil\w*|predators?|sex tourist\w*|lolita",
    "fr": r"pornograph\w*|pédophil\w*|voil(?:es?|ée?s?|er)|dévoil\w*|surveillance|télécharge[rz]? vers|superviseur\w*",
    "es": r"pornograf\w*|pedófil\w*|desvel\w*|velad[oa]s?|vigilancia|veredicto\w*|audiencia|lápida\w*",
    "ar": r"\w*إباحي\w*|\w*حجاب|(?:ال)?مراقبة|(?:ال)?حكم",
}
"""Words the glossary rules out in text of the program."""


@pytest.fixture(scope="module")
def collected() -> Collected:
    return collect()


@pytest.fixture(scope="module")
def catalogues() -> dict[str, list[polib.POEntry]]:
    return {language: _entries(language) for language in LANGUAGES}


def _entries(language: str) -> list[polib.POEntry]:
    return [entry for entry in read(catalogue_path(FOLDER, language)) if not entry.obsolete]


def _plain(text: str) -> str:
    """Lower case without Arabic vowel signs, so that a word is found however carefully it is written."""
    marks_apart = unicodedata.normalize("NFC", text.lower().replace("’", "'"))
    return "".join(letter for letter in marks_apart if not "\u064b" <= letter <= "\u0652")


def _forms(entry: polib.POEntry) -> Iterator[str]:
    yield from entry.msgstr_plural.values() if entry.msgid_plural else (entry.msgstr,)


def test_every_text_can_be_collected(collected: Collected) -> None:
    assert collected.problems == []
    assert len(collected.plurals) > 400  # the test would pass on an empty list
    for known in ("Hold to reveal", "%(count)s file is through", "Log", "Not found"):
        assert Message("", known) in collected.plurals


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_source_is_in_the_catalogue(
    language: str, collected: Collected, catalogues: dict[str, list[polib.POEntry]]
) -> None:
    kept = {Message(entry.msgctxt or "", entry.msgid): entry.msgid_plural for entry in catalogues[language]}
    assert [message for message in collected.plurals if message not in kept] == []
    assert [message for message, plural in collected.plurals.items() if plural != kept[message]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_unsure_or_faulty(
    language: str, catalogues: dict[str, list[polib.POEntry]]
) -> None:
    assert [fault for entry in catalogues[language] for fault in faults(entry, language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plural_rule_is_the_one_the_forms_were_written_for(language: str) -> None:
    assert read(catalogue_path(FOLDER, language)).metadata["Plural-Forms"] == PLURAL_FORMS[language]


def test_the_counts_of_the_about_page_are_those_of_the_catalogues() -> None:
    written = json.loads((FOLDER / "reviewed.json").read_text(encoding="utf-8"))
    assert written == {language: counts(read(catalogue_path(FOLDER, language))) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("term", sorted(TERMS))
def test_a_term_of_the_glossary_is_said_by_its_word(
    term: str, language: str, catalogues: dict[str, list[polib.POEntry]]
) -> None:
    found, stems = re.compile(rf"\b(?:{TERMS[term][0]})\b(?!\)s)", re.IGNORECASE), TERMS[term][1][language]
    strays = [
        f"{entry.msgid!r}: {form!r}"
        for entry in catalogues[language]
        if found.search(entry.msgid)
        for form in _forms(entry)
        if not any(_plain(stem) in _plain(form) for stem in stems)
    ]
    assert strays == []


@pytest.mark.parametrize("term", sorted(TERMS))
def test_the_words_asked_for_are_those_of_the_glossary(term: str) -> None:
    row = next(row for row in _glossary() if row["en"] == term)
    for language in LANGUAGES:
        assert any(_plain(stem) in _plain(row[language]) for stem in TERMS[term][1][language]), (
            term,
            language,
        )


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_no_word_is_used_that_the_glossary_rules_out(
    language: str, collected: Collected, catalogues: dict[str, list[polib.POEntry]]
) -> None:
    ruled_out = _ruled_out(language)
    if language == "en":
        texts = [text for message, plural in collected.plurals.items() for text in (message.text, plural)]
    else:
        texts = [form for entry in catalogues[language] for form in _forms(entry)]
    assert [text for text in texts if ruled_out.search(_plain(text))] == []


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "a predator"), ("fr", "images voilées"), ("fr", "sous surveillance"), ("es", "su veredicto"), ("ar", "تحت المراقبة"), ("ar", "الحجاب")],
)  # fmt: skip
def test_a_word_that_is_ruled_out_would_be_found(language: str, text: str) -> None:
    assert _ruled_out(language).search(_plain(text))


def _ruled_out(language: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_plain(NEVER[language])})\b")


def test_the_glossary_is_whole_and_says_each_term_once() -> None:
    rows = _glossary()
    assert len(rows) > 150
    assert all(row[column].strip() for row in rows for column in ("en", *LANGUAGES, "kind"))
    terms = [row["en"] for row in rows]
    assert len(terms) == len(set(terms))


def _glossary() -> list[dict[str, str]]:
    with (FOLDER / "glossary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
