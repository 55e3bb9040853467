"""Names and descriptions nobody wrote in good faith: markup, scripts, paths, formulas, marks that turn a text, line ends.

Each carries a mark of its own, so that a page or an export can be searched for it.
"""

import itertools
from collections.abc import Iterator

MARK = "hx7z"

_MARKUP = (
    "<script>{m}()</script>", "<img src=x onerror={m}()>", '"><svg onload={m}()>', "' onmouseover='{m}()", '" autofocus onfocus="{m}()', "</title><script>{m}</script>",
    "</textarea><script>{m}</script>", "</script><script>{m}</script>", "<!--{m}", "--><b>{m}", "<{m}>", "</{m}", "<a href=javascript:{m}()>x</a>", "javascript:{m}()",
    "data:text/html,<script>{m}</script>", "<style>*{{x:{m}}}</style>", "<iframe srcdoc='<script>{m}</script>'>", "<math><mtext></mtext><mglyph><style><!--</style><img title='--&gt;{m}'>",
    "<details open ontoggle={m}()>", "<form action=//{m}.example><input type=submit>", "<base href=//{m}.example>", "<meta http-equiv=refresh content=0;url=//{m}>",
    "<x hx-get=/log/ hx-trigger=load>{m}", "<button hx-post=/sign-out/>{m}", "{{{{ {m} }}}}", "{{% debug %}}{m}", "{{# {m} #}}", "${{{m}}}", "`{m}`", "&lt;b&gt;{m}", "&#60;b&#62;{m}", "%3Cb%3E{m}",
    "\\u003cb\\u003e{m}", "＜script＞{m}", "<scr\x00ipt>{m}", "<bdo dir=rtl>{m}</bdo>", "]]><b>{m}", "<![CDATA[<b>{m}]]>", "\"'><{m} a=b", "<svg><script href=data:,{m} />",
)  # fmt: skip
_PATHS = (
    "../../{m}", "..\\..\\{m}", "/etc/{m}", "C:\\{m}", "\\\\host\\{m}", "{m}/../x", "file:///{m}", "//{m}", "{m}\x00.jpg", "CON.{m}", "~/{m}", "{m}:stream", "%2e%2e%2f{m}", ". {m}.",
)  # fmt: skip
_FORMULAS = (
    "=1+1+{m}", "+{m}", "-{m}", "@{m}", "\t={m}", "\r={m}", "\n={m}", '=HYPERLINK("//{m}")', "=cmd|' /C calc'!{m}", "＝{m}", "＋{m}", '",={m},"', '"\n={m}', "{m},=1", "{m};=1",
)  # fmt: skip
_TURNED = (
    "\u202e{m}gpj.exe", "\u202d{m}", "\u202a{m}\u202c", "\u202b{m}", "\u2066{m}", "\u2067{m}\u2069", "{m}\u2069\u202e", "\u200f{m}", "\u061c{m}", "\u200b{m}", "\ufeff{m}", "a\u0308{m}" + "\u0301" * 40,
)  # fmt: skip
_LINES = (
    "{m}\r\nSet-Cookie: a=b", "{m}\nX-Hx7z: 1", "{m}\r\n\r\n<b>", "{m}\x0b{m}", "{m}\x0c", "{m}\x85", "{m}\u2028alert", "{m}\u2029", "{m}\x1b[2J", "{m}\x9b2J", "{m}\x08\x08", "{m}\x07", "{m}\x7f",
)  # fmt: skip
PAYLOADS = (*_MARKUP, *_PATHS, *_FORMULAS, *_TURNED, *_LINES)
_AROUND = ("{}", "IMG {}.jpg", "DCIM/{}", "{} {}", "é{}", "שלום {}", "{}\u202e", "<i>{}", "={}", '"{}"')


def hostile_texts(count: int) -> Iterator[str]:
    """So many different texts, each with a mark followed by its number; without NUL, which no record can hold."""
    for number, (around, payload) in enumerate(itertools.islice(itertools.cycle(_pairs()), count)):
        text = payload.format(m=f"{MARK}{number}_")
        yield around.replace("{}", text, 1).replace("{}", "x").replace("\0", "\ufffd")


def mark_of(text: str) -> str:
    """The mark of a text."""
    at = text.index(MARK)
    return text[at : text.index("_", at) + 1]


def _pairs() -> list[tuple[str, str]]:
    return [(around, payload) for around in _AROUND for payload in PAYLOADS]
