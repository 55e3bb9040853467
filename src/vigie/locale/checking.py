"""What can be checked of a translation without knowing the language: nothing missing, nothing lost, nothing added."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import polib

from vigie.locale.catalogues import FORMS

_PLACEHOLDER: Final = re.compile(r"%%|%\(\w+\)[sd]|%[sd]|\{\w*\}")
_TAG: Final = re.compile(r"</?[a-z][^>]*>")
_OTHER_DIGITS: Final = re.compile("[\u0660-\u0669\u06f0-\u06f9]")
_RIGHT_TO_LEFT: Final = frozenset({"ar"})
_NAMED: Final = r"code|digest|engine|list|name|phone|reference|series|text|unit|username"
_LOOSE_NAME: Final = re.compile(rf"(?<![\u2068>])%\((?:{_NAMED})\)s|%\((?:{_NAMED})\)s(?![\u2069<])")
"""Names and codes people gave, where nothing keeps their direction from that of the sentence around them.

Without FIRST STRONG ISOLATE … POP DIRECTIONAL ISOLATE (or a bdi element) a Latin name in an Arabic sentence drags
the punctuation beside it to its other end (Unicode Standard Annex 9, section 2.4).
"""
_FORMS_OF_ONE_NUMBER: Final[Mapping[str, frozenset[int]]] = {
    "fr": frozenset(),  # the first form stands for 0 and for 1
    "es": frozenset({0}),
    "ar": frozenset({0, 1, 2}),
}
"""Plural forms that stand for one number only: there the number may be said in the word itself."""


def faults(entry: polib.POEntry, language: str) -> Iterator[str]:
    """Yield what is wrong with one entry, in words, beginning with the text it is about."""
    said = f"{language}: {entry.msgid!r}"
    forms = dict(entry.msgstr_plural) if entry.msgid_plural else {0: entry.msgstr}
    if entry.fuzzy:
        yield f"{said} is fuzzy: its text changed, or its translation was never settled"
    if entry.msgid_plural and sorted(forms) != list(range(FORMS[language])):
        yield f"{said} has the plural forms {sorted(forms)}, not {FORMS[language]} of them"
    if not all(text.strip() for text in forms.values()):
        yield f"{said} is not translated"
        return
    for number, text in forms.items():
        counted_in_words = bool(entry.msgid_plural) and number in _FORMS_OF_ONE_NUMBER[language]
        for fault in _faults_of_form(entry, text, counted_in_words=counted_in_words):
            yield f"{said}: {fault}"
        if language in _RIGHT_TO_LEFT and _LOOSE_NAME.search(text):
            yield f"{said}: a name stands without U+2068 and U+2069 around it in {text!r}"


def _faults_of_form(entry: polib.POEntry, text: str, *, counted_in_words: bool) -> Iterator[str]:
    original = entry.msgid_plural or entry.msgid
    wanted, got = Counter(_PLACEHOLDER.findall(original)), Counter(_PLACEHOLDER.findall(text))
    if got != wanted and not (counted_in_words and got <= wanted):
        yield f"placeholders {dict(got)} in {text!r}, {dict(wanted)} expected"
    if Counter(_TAG.findall(original)) != Counter(_TAG.findall(text)):
        yield f"other tags in {text!r}"
    if _edges(original) != _edges(text):
        yield f"other space at the beginning or end of {text!r}"
    if original.rstrip().endswith(".") != text.rstrip().endswith("."):
        yield f"a full stop too many or too few in {text!r}"
    if _OTHER_DIGITS.search(text):
        yield f"digits other than 0 to 9 in {text!r}"


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
