"""A catalogue follows its source: what is known stays, what changed is unsure, what went is set aside."""

from pathlib import Path

import polib
import pytest

from vigie.locale.catalogues import FORMS, PLURAL_FORMS, UNREVIEWED, counts, merged, read
from vigie.locale.collecting import Collected, Message


def source(*messages: tuple[str, str], place: str = "src/a.py") -> Collected:
    found = Collected()
    for text, plural in messages:
        found.add(Message("", text), plural, place)
    return found


def entry(catalogue: polib.POFile, text: str) -> polib.POEntry:
    found = catalogue.find(text, include_obsolete_entries=True)
    assert found is not None, text
    return found


def translated(language: str = "fr") -> polib.POFile:
    catalogue = merged(polib.POFile(), source(("Open the case", ""), ("%(n)s file", "%(n)s files")), language)
    entry(catalogue, "Open the case").msgstr = "Ouvrir l’affaire"
    entry(catalogue, "%(n)s file").msgstr_plural = {0: "%(n)s fichier", 1: "%(n)s fichiers"}
    return catalogue


@pytest.mark.parametrize("language", sorted(FORMS))
def test_a_new_catalogue_has_the_plural_rule_of_its_language_and_no_date(language: str) -> None:
    catalogue = merged(polib.POFile(), source(("a file", "files")), language)
    assert catalogue.metadata["Plural-Forms"] == PLURAL_FORMS[language]
    assert f"nplurals={FORMS[language]};" in PLURAL_FORMS[language]
    assert list(entry(catalogue, "a file").msgstr_plural) == list(range(FORMS[language]))
    assert "Date" not in f"{catalogue}"


def test_every_new_entry_is_marked_as_unreviewed_and_names_its_file_without_a_line() -> None:
    one = entry(merged(polib.POFile(), source(("Open", "")), "es"), "Open")
    assert one.tcomment == UNREVIEWED
    assert one.occurrences == [("src/a.py", "")]


def test_placeholders_are_flagged_for_the_tools_of_translators() -> None:
    catalogue = merged(polib.POFile(), source(("%(n)s a", ""), ("{n} b", ""), ("c", "")), "fr")
    assert [entry(catalogue, text).flags for text in ("%(n)s a", "{n} b", "c")] == [
        ["python-format"], ["python-brace-format"], [],
    ]  # fmt: skip


def test_translations_and_the_mark_of_review_stay() -> None:
    old = translated()
    entry(old, "Open the case").tcomment = ""
    new = merged(old, source(("Open the case", ""), ("%(n)s file", "%(n)s files"), place="src/b.py"), "fr")
    assert entry(new, "Open the case").msgstr == "Ouvrir l’affaire"
    assert entry(new, "Open the case").tcomment == ""
    assert entry(new, "%(n)s file").msgstr_plural == {0: "%(n)s fichier", 1: "%(n)s fichiers"}
    assert not any(one.fuzzy for one in new)


def test_a_changed_text_keeps_its_translation_as_unsure_with_the_text_it_was_of() -> None:
    one = entry(merged(translated(), source(("Open the case.", "")), "fr"), "Open the case.")
    assert (one.fuzzy, one.msgstr, one.previous_msgid) == (True, "Ouvrir l’affaire", "Open the case")


def test_another_text_starts_empty() -> None:
    assert (
        entry(merged(translated(), source(("Quite another thing", "")), "fr"), "Quite another thing").msgstr
        == ""
    )


def test_a_text_that_becomes_counted_or_changes_its_plural_is_unsure() -> None:
    new = merged(translated(), source(("Open the case", "Open the cases"), ("%(n)s file", "")), "fr")
    assert entry(new, "Open the case").fuzzy
    assert entry(new, "Open the case").msgstr_plural == {0: "Ouvrir l’affaire", 1: "Ouvrir l’affaire"}
    assert entry(new, "%(n)s file").fuzzy
    assert entry(new, "%(n)s file").msgstr == "%(n)s fichier"
    other = merged(translated(), source(("%(n)s file", "%(n)s documents")), "fr")
    assert entry(other, "%(n)s file").fuzzy


def test_what_went_is_set_aside_and_comes_back_with_its_translation() -> None:
    gone = merged(translated(), source(("Quite another thing", "")), "fr")
    assert entry(gone, "Open the case").obsolete
    assert counts(gone)["total"] == 1
    back = merged(gone, source(("Open the case", "")), "fr")
    assert (entry(back, "Open the case").obsolete, entry(back, "Open the case").msgstr) == (
        0,
        "Ouvrir l’affaire",
    )


def test_what_went_without_a_translation_is_dropped() -> None:
    untranslated = merged(polib.POFile(), source(("One", "")), "fr")
    assert len(merged(untranslated, source(("Quite another thing", "")), "fr")) == 1


def test_order_is_that_of_the_texts_and_a_second_run_writes_the_same_bytes(tmp_path: Path) -> None:
    first = merged(translated(), source(("Z", ""), ("Open the case", ""), ("A", "")), "fr")
    assert [one.msgid for one in first if not one.obsolete] == ["A", "Open the case", "Z"]
    path = tmp_path / "django.po"
    path.write_text(f"{first}")
    again = merged(read(path), source(("A", ""), ("Open the case", ""), ("Z", "")), "fr")
    assert f"{again}" == f"{first}"


def test_an_entry_counts_as_reviewed_when_it_is_translated_and_the_mark_is_gone() -> None:
    catalogue = translated()
    assert counts(catalogue) == {"total": 2, "reviewed": 0}
    entry(catalogue, "Open the case").tcomment = ""
    assert counts(catalogue) == {"total": 2, "reviewed": 1}
    entry(catalogue, "Open the case").flags.append("fuzzy")
    assert counts(catalogue) == {"total": 2, "reviewed": 0}


def test_a_catalogue_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert len(read(tmp_path / "none.po")) == 0
