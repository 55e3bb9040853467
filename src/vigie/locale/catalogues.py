"""Catalogues brought in line with the source: translations kept, what changed marked, what went set aside.

A catalogue holds no date, no line number and no path outside the source, and its order is that of the texts:
two runs on the same source write the same bytes.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polib

from vigie.locale.collecting import Collected, Message

PLURAL_FORMS: Final[Mapping[str, str]] = {
    "fr": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "ar": (
        "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
        "n%100>=11 && n%100<=99 ? 4 : 5;"
    ),
}
"""The rule of each language, as the GNU gettext manual and Django's own catalogues write it."""

FORMS: Final[Mapping[str, int]] = {"fr": 2, "es": 2, "ar": 6}
UNREVIEWED: Final = "machine-made, unreviewed"
"""The comment of every translation no person of the trade has read yet; a reviewer takes it out."""

_ALIKE: Final = 0.85
"""Share of common characters (difflib's ratio) from which a new text is taken for a changed old one."""

_HEADER: Final = f"""Vigie's pages and messages. How to review: docs/how-to/review-translations.md
Take the comment "{UNREVIEWED}" out of an entry once a person of the trade has read it."""


def catalogue_path(folder: Path, language: str) -> Path:
    """Return where a language's catalogue lies below the folder of catalogues."""
    return folder / language / "LC_MESSAGES" / "django.po"


def read(path: Path) -> polib.POFile:
    """Return the catalogue, an empty one where there is no file yet."""
    return polib.pofile(str(path), encoding="utf-8") if path.is_file() else polib.POFile(encoding="utf-8")


def merged(old: polib.POFile, collected: Collected, language: str) -> polib.POFile:
    """Return the catalogue of `collected` with what `old` knows of it; `old` is left as it was."""
    new = polib.POFile(encoding="utf-8", wrapwidth=110)
    new.header = _HEADER
    new.metadata = {
        "Project-Id-Version": "Vigie",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURAL_FORMS[language],
    }
    known = {_key(entry): entry for entry in old if not entry.obsolete}
    aside = {_key(entry): entry for entry in old if entry.obsolete}
    gone = {key: entry for key, entry in known.items() if key not in collected.plurals and _translated(entry)}
    for message in sorted(collected.plurals, key=lambda message: (message.text, message.context)):
        entry = _entry(message, collected)
        before = known.get(message) or aside.pop(message, None)
        if before is not None:
            _take_over(entry, before, language)
        elif (changed := _changed_from(entry, gone)) is not None:
            _take_over(entry, gone.pop(changed), language)
            entry.previous_msgid = changed.text
            entry.fuzzy = True
        else:
            _empty_forms(entry, language)
        new.append(entry)
    for _, entry in sorted((aside | gone).items()):
        new.append(_set_aside(entry))
    return new


def counts(catalogue: polib.POFile) -> dict[str, int]:
    """Return how many texts there are and how many of their translations a person has reviewed."""
    entries = [entry for entry in catalogue if not entry.obsolete]
    reviewed = [entry for entry in entries if entry.translated() and UNREVIEWED not in entry.tcomment]
    return {"total": len(entries), "reviewed": len(reviewed)}


def _key(entry: polib.POEntry) -> Message:
    return Message(entry.msgctxt or "", entry.msgid)


def _translated(entry: polib.POEntry) -> bool:
    return bool(entry.msgstr or any(entry.msgstr_plural.values()))


def _entry(message: Message, collected: Collected) -> polib.POEntry:
    plural = collected.plurals[message]
    flags = []
    if "%(" in message.text + plural or "%s" in message.text:
        flags.append("python-format")
    elif re.search(r"\{\w*\}", message.text):
        flags.append("python-brace-format")
    return polib.POEntry(
        msgid=message.text,
        msgid_plural=plural,
        msgctxt=message.context or None,
        occurrences=[(place, "") for place in sorted(collected.places[message])],
        flags=flags,
        tcomment=UNREVIEWED,
    )


def _empty_forms(entry: polib.POEntry, language: str) -> None:
    if entry.msgid_plural:
        entry.msgstr_plural = dict.fromkeys(range(FORMS[language]), "")


def _take_over(entry: polib.POEntry, before: polib.POEntry, language: str) -> None:
    """Give `entry` the translation of `before`; it is unsure when one of them is counted and the other is not."""
    entry.fuzzy = before.fuzzy
    entry.previous_msgid = before.previous_msgid
    entry.tcomment = before.tcomment
    if bool(entry.msgid_plural) != bool(before.msgid_plural):
        text = before.msgstr or next(iter(before.msgstr_plural.values()), "")
        entry.fuzzy = bool(text)
        if entry.msgid_plural:
            entry.msgstr_plural = dict.fromkeys(range(FORMS[language]), text)
        else:
            entry.msgstr = text
    elif entry.msgid_plural:
        entry.msgstr_plural = {form: before.msgstr_plural.get(form, "") for form in range(FORMS[language])}
        entry.fuzzy = before.fuzzy or entry.msgid_plural != before.msgid_plural
    else:
        entry.msgstr = before.msgstr


def _changed_from(entry: polib.POEntry, gone: Mapping[Message, polib.POEntry]) -> Message | None:
    """The vanished text this new one most probably was."""
    texts = {
        message.text: message
        for message, before in gone.items()
        if message.context == (entry.msgctxt or "") and bool(before.msgid_plural) == bool(entry.msgid_plural)
    }
    alike = difflib.get_close_matches(entry.msgid, texts, n=1, cutoff=_ALIKE)
    return texts[alike[0]] if alike else None


def _set_aside(entry: polib.POEntry) -> polib.POEntry:
    return polib.POEntry(
        msgid=entry.msgid,
        msgid_plural=entry.msgid_plural,
        msgctxt=entry.msgctxt,
        msgstr=entry.msgstr,
        msgstr_plural=dict(entry.msgstr_plural),
        flags=[flag for flag in entry.flags if flag != "fuzzy"],
        tcomment=entry.tcomment,
        obsolete=True,
    )
