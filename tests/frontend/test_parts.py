"""The parts: numbers, clocks, tiles and answers as the pages show them."""

import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Engine
from django.test import override_settings
from django.utils import translation

from vigie.interfaces.web.templatetags import vigie_ui
from vigie.interfaces.web.templatetags.script_texts import plural_forms
from vigie.interfaces.web.templatetags.wording import grouped, initials, share, stage_state, unit_sign

NOW = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
PLAIN_STATIC = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@pytest.fixture(autouse=True)
def _plain_addresses() -> Any:
    with override_settings(STORAGES=PLAIN_STATIC), translation.override("en"):
        yield


def render(source: str, **context: Any) -> str:
    from pathlib import Path

    folder = Path(vigie_ui.__file__).parents[1] / "templates"
    engine = Engine(
        dirs=[folder],
        builtins=["vigie.interfaces.web.templatetags.vigie_ui"],
        libraries={"static": "django.templatetags.static", "i18n": "django.templatetags.i18n"},
    )
    return engine.from_string(source).render(Context(context))


def test_initials_are_the_first_and_the_last_name() -> None:
    assert [initials(name) for name in ("Ines Dorval", "I. M. Dorval", "Ines", "", None)] == [
        "ID",
        "ID",
        "I",
        "",
        "",
    ]
    assert unit_sign("Borduvia Child Protection Unit") == "BO"


def test_numbers_are_grouped_with_western_digits() -> None:
    assert grouped(12004) == "12,004"
    with translation.override("ar"):
        assert grouped(12004) == "12,004"


def test_a_share_is_full_only_when_everything_is_done() -> None:
    assert [share(0, 0), share(999, 1000), share(1000, 1000), share(5, 4)] == [0, 99, 100, 100]


def test_a_stage_is_done_only_when_nothing_can_be_added() -> None:
    assert stage_state(5, 5, "open") == "now"
    assert stage_state(5, 5, "final") == "done"
    assert stage_state(0, 5, "final") == "wait"
    assert stage_state(2, 5, "stopped") == "stop"


@pytest.mark.parametrize(
    ("left", "kind", "words"),
    [
        (timedelta(days=9), "", "9 d left"),
        (timedelta(hours=4), "caution", "4 h left"),
        (timedelta(minutes=30), "caution", "30 min left"),
        (timedelta(days=-2), "error", "overdue 2 d"),
    ],
)
def test_a_clock_says_how_long_is_left(left: timedelta, kind: str, words: str) -> None:
    shown = vigie_ui.clock_chip(due=NOW + left, asked=NOW - timedelta(days=10), now=NOW)
    assert (shown["kind"], shown["text"]) == (kind, words)
    assert 0 <= shown["share"] <= 100


def test_an_answered_clock_stands_still() -> None:
    shown = vigie_ui.clock_chip(due=NOW, asked=NOW, now=NOW, answered=NOW + timedelta(hours=3))
    assert (shown["kind"], shown["text"]) == ("ok", "answered in 3 h")


def test_a_tile_says_kind_size_and_date_and_never_what_is_on_it() -> None:
    tile = {
        "src": "/v",
        "kind": "photo",
        "width": 1600,
        "height": 1200,
        "taken": NOW,
        "caption": "Cat. B",
        "decision": "2",
    }
    html = render("{% veiled_tile tile %}", tile=tile)
    assert 'alt="Photo, veiled, 1600 by 1200 pixels, 2026-11-21"' in html
    assert "is-decided" in html


@pytest.mark.parametrize("state", ["contact_only", "waiting", "unreadable"])
def test_a_tile_without_a_veiled_picture_has_no_picture_at_all(state: str) -> None:
    html = render("{% veiled_tile tile %}", tile=SimpleNamespace(src="/v", kind="photo", state=state))
    assert "<img" not in html
    assert "is-held" in html


def test_silent_looks_exactly_like_no_match() -> None:
    assert render('{% answer_chip "silent" %}') == ""
    assert "contact only" in render('{% answer_chip "contact_only" %}')


def test_what_a_user_typed_is_escaped_everywhere() -> None:
    evil = "<script>alert(1)</script>"
    html = render(
        "{% contact_card c %}{% note 'info' e e %}{% card_header e count=e %}{% copy_button e %}{% decision '1' e %}{% key_values items %}{% table label=e %}{{ e }}{% endtable %}",
        c={"name": evil, "phone": evil},
        e=evil,
        items=[(evil, evil)],
    )
    assert "<script>" not in html


def test_a_time_is_utc_until_the_browser_knows_better() -> None:
    html = render("{% local_time t %}", t=datetime(2026, 11, 21, 14, 2, tzinfo=UTC))
    assert (
        html
        == '<local-time form="datetime"><time datetime="2026-11-21T14:02:00Z">2026-11-21 14:02 UTC</time></local-time>'
    )


def test_a_disabled_button_says_why() -> None:
    html = render('{% button "Publish" disabled_because="two facts are missing" %}')
    assert " disabled" in html
    assert "two facts are missing" in html


def test_the_current_room_is_marked_on_its_own_address_and_below() -> None:
    request = SimpleNamespace(path="/cases/C-1/")
    html = render(
        '{% nav_item "/" "home" "Home" %}{% nav_item "/cases/" "case" "Cases" 12004 %}', request=request
    )
    assert re.findall(r'href="([^"]*)" aria-current="page"', html) == ["/cases/"]
    assert "12,004" in html


def test_json_blocks_cannot_be_broken_out_of() -> None:
    html = str(vigie_ui.shortcuts([{"codes": [], "keys": [], "label": "</script><b>", "group": ""}], "mine"))
    assert html.count("</script>") == 1
    assert html.startswith("<script data-shortcuts ")
    assert json.loads(re.search(r">(.*)</script>", html)[1])[0]["label"] == "</script><b>"


def test_every_plural_category_of_the_browser_has_words() -> None:
    assert set(plural_forms("%(count)s file", "%(count)s files")) == {
        "zero",
        "one",
        "two",
        "few",
        "many",
        "other",
    }
    assert plural_forms("%(count)s file", "%(count)s files")["one"] == "%(count)s file"
