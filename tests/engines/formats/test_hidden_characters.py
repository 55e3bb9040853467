"""What a person is shown is what is written: nothing turns a text or hides in it."""

import unicodedata

import pytest

from vigie.engines.formats.hidden_characters import shown_in_a_line, shown_on_a_page

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067"
CONTROLS = "".join(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r")


@pytest.mark.parametrize("sign", TURNING + CONTROLS)
def test_a_page_shows_the_code_of_what_turns_a_text_or_hides(sign: str) -> None:
    shown = shown_on_a_page(f"<p>photo{sign}gpj.exe é</p>".encode()).decode()
    assert shown == f"<p>photo[U+{ord(sign):04X}]gpj.exe é</p>"


def test_a_page_without_any_is_the_same_bytes() -> None:
    page = "<p>Alvania\t\r\n \u2068M-1\u2069 \u200f ليس \u200e أساسًا \u200d ’</p>".encode()
    assert shown_on_a_page(page) is page


def test_every_sign_is_found_in_its_bytes() -> None:
    """The quick look at the bytes and the exact one at the text must not part."""
    for code in range(0x3000):
        sign = chr(code)
        known = sign in TURNING + CONTROLS
        assert (shown_on_a_page(sign.encode()) != sign.encode()) == known, hex(code)


def test_a_line_holds_nothing_a_terminal_obeys() -> None:
    text = "a\x1b[2J\n\r\u202eb\x9b\u2028é\ud800"
    shown = shown_in_a_line(text)
    assert shown == "a[U+001B][2J[U+000A][U+000D][U+202E]b[U+009B][U+2028]é[U+D800]"
    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
