"""A change of rights is seen: the page of who may do what is compared, and every act has its sentence."""

import re
from pathlib import Path

import polib
import pytest
from django.utils import translation

from support.permission_matrix import PAGE, matrix
from support.source import SOURCE, modules
from vigie.kernel.operation import OPERATIONS
from vigie.kernel.permissions import Permission
from vigie.rooms.oversight.sentences import DONE

LANGUAGES = ("ar", "es", "fr")


def test_the_page_of_permissions_says_what_the_program_does() -> None:
    with translation.override("en"):
        expected = matrix()
    again = "run python tests/support/permission_matrix.py and look at the difference"
    assert PAGE.read_text(encoding="utf-8") == expected, again


def test_every_permission_has_one_sentence_of_its_own() -> None:
    assert set(DONE) == set(Permission)
    with translation.override("en"):
        sentences = [str(text) for text in DONE.values()]
    assert len(set(sentences)) == len(sentences)
    assert all(re.fullmatch(r"[a-z].*[^.]", text) for text in sentences)


def test_every_operation_uses_a_permission_with_a_sentence() -> None:
    from importlib import import_module

    for path in modules(SOURCE / "rooms"):
        if path.stem == "operations" or path.parent.name == "operations":
            import_module(
                ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")
            )
    ours = {name: permission for name, permission in OPERATIONS.items() if name.startswith("vigie.")}
    assert len(ours) >= 15
    assert set(ours.values()) <= set(DONE)


def catalogue(language: str) -> Path:
    return SOURCE / "locale" / language / "LC_MESSAGES" / "django.po"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_the_log_is_translated(language: str) -> None:
    file = polib.pofile(str(catalogue(language)))
    known = {entry.msgid: entry.msgstr for entry in file if not entry.obsolete}
    with translation.override("en"):
        missing = [text for text in map(str, DONE.values()) if not known.get(text)]
    assert missing == []
