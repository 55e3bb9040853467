"""Characters that change what a reader sees without being seen: controls, and marks that turn the direction of a text.

`photo<U+202E>gpj.exe` reads photoexe.jpg (Unicode Technical Report 36, 2.5; CVE-2021-42574). Names come from suspects.
"""

import re

# Isolates that take their direction from the text (U+2068, U+2069) and the marks U+200E, U+200F and U+061C stand in
# ordinary Arabic texts, ours among them, and turn nothing that a reader would not turn.
_ON_A_PAGE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067]")
_IN_BYTES = re.compile(
    rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6\xa7]"
)


def shown_on_a_page(text: bytes) -> bytes:
    """A page in UTF-8 with each such character as its code, `[U+202E]`; line ends and tabs stay."""
    if _IN_BYTES.search(text) is None:
        return text
    return _ON_A_PAGE.sub(_code, text.decode("utf-8", "replace")).encode()


def shown_in_a_line(text: str) -> str:
    """A text as one line a terminal shows and never obeys: everything unprintable as its code, `[U+001B]`."""
    return "".join(one if one.isprintable() else f"[U+{ord(one):04X}]" for one in text)


def _code(found: re.Match[str]) -> str:
    return f"[U+{ord(found[0]):04X}]"
