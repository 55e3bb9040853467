"""Rules of the sources that a reader would otherwise have to check by eye."""

import re
from pathlib import Path

import pytest

from vigie.engines.formats.hidden_characters import shown_on_a_page
from vigie.engines.formats.spreadsheets import cell

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend"
WEB = ROOT / "src/vigie/interfaces/web"
SHEETS = sorted((FRONTEND / "css").rglob("*.css"))
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
SCRIPTS = sorted((FRONTEND / "src").rglob("*.ts"))


def without_comments(sheet: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("sheet", [s for s in SHEETS if s.name != "tokens.css"], ids=lambda s: s.name)
def test_colours_are_written_in_the_tokens_only(sheet: Path) -> None:
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\([^)]*\)", without_comments(sheet)) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda s: s.name)
def test_only_logical_directions_are_used(sheet: Path) -> None:
    physical = r"(?:^|[;{\s])(?:(?:margin|padding|border)-(?:left|right)|left|right|float|text-align:\s*(?:left|right))\s*:"
    assert re.findall(physical, without_comments(sheet)) == []


@pytest.mark.parametrize(
    "sheet", [s for s in SHEETS if s.name not in ("vigie.css", "fonts.css")], ids=lambda s: s.name
)
def test_every_sheet_writes_into_one_named_layer(sheet: Path) -> None:
    text = without_comments(sheet).strip()
    assert re.match(r"@layer (tokens|base|components|screen) \{", text)
    assert text.endswith("}")
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: str(t.relative_to(WEB / "templates")))
def test_no_template_has_inline_style_or_script(template: Path) -> None:
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}", "", template.read_text(), flags=re.DOTALL)
    assert not re.search(r"\sstyle\s*=|<style|\son\w+\s*=\s*[\"']|javascript:", text)
    for attributes in re.findall(r"<script([^>]*)>", text):
        assert "src=" in attributes or 'type="application/json"' in attributes


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: str(t.relative_to(WEB / "templates")))
def test_every_icon_named_is_in_the_sprite(template: Path) -> None:
    sprite = set(re.findall(r'id="i-([\w-]+)"', (FRONTEND / "icons/icons.svg").read_text()))
    text = template.read_text()
    named = set(re.findall(r'{% icon "([\w-]+)"', text)) | set(re.findall(r"#i-([\w-]+)\"", text))
    named |= set(re.findall(r'{% nav_item "[^"]*" "([\w-]+)"', text))
    assert named <= sprite


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: str(t.relative_to(WEB / "templates")))
def test_every_word_a_person_reads_is_translated(template: Path) -> None:
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", "", template.read_text(), flags=re.DOTALL)
    text = re.sub(r"{%\s*blocktranslate.*?endblocktranslate\s*%}", "", text, flags=re.DOTALL)
    text = re.sub(r"{% block \w+_class %}.*?{% endblock %}", "", text)
    text = re.sub(r"<script.*?</script>|<kbd>.*?</kbd>|<svg.*?</svg>", "", text, flags=re.DOTALL)
    text = re.sub(r"<bdi[^>]*>[^<]*</bdi>", "", text)  # names and commands are the same in every language
    spoken = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"{]*[A-Za-z]{2}[^"{]*)"', text)
    text = re.sub(r"{%.*?%}|{{.*?}}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", text)
    # The name of the program is the same in every language.
    assert [word for word in re.findall(r"[A-Za-z]{2,}", text) if word != "Vigie"] == []
    assert spoken == []


def test_every_word_of_the_scripts_comes_from_the_server() -> None:
    from vigie.interfaces.web.templatetags.script_texts import all_texts

    texts = set(all_texts())
    named = set()
    for script in SCRIPTS:
        named |= set(
            re.findall(
                r"\"((?:upload|view|theme|blank|shortcuts|toast|copy|line)\.[\w.]+)\"", script.read_text()
            )
        )
    assert named <= texts
    assert named


def test_every_reason_a_script_can_give_has_words() -> None:
    from vigie.interfaces.web.templatetags.script_texts import all_texts

    media = [
        "empty",
        "truncated",
        "corrupt",
        "unknown_format",
        "too_many_pixels",
        "too_large",
        "too_slow",
        "worker_killed",
        "unreadable",
        "unsupported_here",
    ]
    zips = re.findall(r'"(zip_\w+)"', (FRONTEND / "src/zip.ts").read_text())
    own = ["changed", "send_refused", "no_answer", "run_refused"]
    assert {f"upload.reason.{code}" for code in [*media, *zips, *own]} <= set(all_texts())


def test_every_part_the_panel_fills_stands_in_its_template() -> None:
    panel = (FRONTEND / "src/upload-panel.ts").read_text()
    template = (WEB / "templates/ui/upload_panel.html").read_text()
    wanted = set(re.findall(r'#(?:part|write)\("([\w-]+)"', panel))
    assert wanted
    assert {name for name in wanted if f'data-part="{name}"' not in template} == set()


def class_in(script: str, name: str) -> re.Pattern[str]:
    """A class of characters as a script writes it, which Python reads alike."""
    [found] = re.findall(rf"const {name} = /\^?(\[.+\])/g?u;", (FRONTEND / "src" / script).read_text())
    return re.compile(found)


def test_the_browser_hides_and_quotes_exactly_what_the_server_does() -> None:
    """Names of files that are only chosen are shown, and written into a table, by the browser alone."""
    hidden, formula = class_in("hidden-characters.ts", "HIDDEN"), class_in("csv.ts", "FORMULA")
    for sign in map(chr, range(0x10000)):
        if 0xD800 <= ord(sign) < 0xE000:
            continue
        on_a_page = shown_on_a_page(sign.encode()).decode() != sign
        assert (hidden.match(sign) is not None) == on_a_page, hex(ord(sign))
        assert (formula.match(sign) is not None) == cell(sign).startswith("'" + sign), hex(ord(sign))
