"""What counts as a translatable text, in Python and in templates, and what cannot be one."""

from pathlib import Path

import pytest

from vigie.locale.collecting import Collected, Message, collect, collect_python, collect_template

IMPORTS = "from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext, npgettext\n"


def of_python(text: str, imports: str = IMPORTS) -> Collected:
    found = Collected()
    collect_python(imports + text, "here.py", found)
    return found


def of_template(text: str) -> Collected:
    found = Collected()
    collect_template(text, "here.html", found)
    return found


def texts(found: Collected) -> dict[tuple[str, str], str]:
    return {tuple(message): plural for message, plural in found.plurals.items()}


def test_python_calls_by_any_name_they_were_imported_under() -> None:
    found = of_python(
        '_("One")\ngettext_lazy("Two")\nngettext("%(n)s file", "%(n)s files", 3)\n'
        'pgettext("of a case", "Open")\nnpgettext("of a day", "day", "days", 3)\n'
    )
    assert found.problems == []
    assert texts(found) == {
        ("", "One"): "",
        ("", "Two"): "",
        ("", "%(n)s file"): "%(n)s files",
        ("of a case", "Open"): "",
        ("of a day", "day"): "days",
    }


def test_the_module_itself_may_be_imported() -> None:
    found = of_python('translation.gettext("One")', "from django.utils import translation\n")
    assert texts(found) == {("", "One"): ""}


def test_a_text_may_be_written_in_pieces_and_named_by_keyword() -> None:
    found = of_python('_("One " "and "\n  + "two")\nngettext(singular="a", plural="b", number=1)')
    assert texts(found) == {("", "One and two"): "", ("", "a"): "b"}


def test_other_functions_are_left_alone() -> None:
    assert texts(of_python('_("No")\ngettext("No")\nprint("No")', "from other import _, gettext\n")) == {}


def test_the_callers_of_a_function_that_hands_its_texts_on_hold_the_texts() -> None:
    found = of_python(
        "def forms(one, many):\n    return {n: ngettext(one, many, n) for n in (1, 2)}\n"
        'forms("%(count)s key", "%(count)s keys")\n'
    )
    assert found.problems == []
    assert texts(found) == {("", "%(count)s key"): "%(count)s keys"}


def test_such_a_function_is_followed_into_other_modules(tmp_path: Path) -> None:
    source = tmp_path / "src" / "shop"
    source.mkdir(parents=True)
    (source / "words.py").write_text(IMPORTS + "def say(text):\n    return _(text)\n")
    (source / "page.py").write_text('from shop.words import say as spoken\nspoken("Hello")\n')
    (source / "stranger.py").write_text('say("Not a text: nothing of that name is known here")\n')
    found = collect(source)
    assert texts(found) == {("", "Hello"): ""}
    assert found.places[Message("", "Hello")] == {"src/shop/page.py"}


@pytest.mark.parametrize(
    "call",
    [
        "_(name)",
        '_(f"Hello {name}")',
        '_("Hello " + name)',
        'ngettext("one", many, 2)',
        "pgettext(where, 'x')",
    ],
)
def test_what_is_put_together_while_running_is_a_problem_not_a_silence(call: str) -> None:
    found = of_python(call)
    assert len(found.problems) == 1
    assert "here.py:2" in found.problems[0]


def test_a_method_that_hands_its_text_on_is_a_problem_because_its_callers_are_not_known() -> None:
    assert len(of_python("class A:\n    def say(self, text):\n        return _(text)\n").problems) == 1


def test_an_empty_text_is_a_problem() -> None:
    assert "header" in of_python('_("")').problems[0]


def test_two_plurals_of_one_text_are_a_problem_and_one_is_kept_for_both() -> None:
    found = of_python('_("file")\nngettext("file", "files", 2)\nngettext("file", "documents", 2)')
    assert len(found.problems) == 1
    assert texts(found) == {("", "file"): "files"}


def test_template_tags_and_texts_inside_tags_and_filters() -> None:
    found = of_template(
        '{% load i18n %}{% translate "One (1)" %}{% translate "Two" as two %}{% translate "Open" context "of a case" %}'
        '{% nav_item "/" _("Home") %}{{ _("Log") }}{{ name|default:_("Nobody") }}{{ a|default:_("b|c") }}'
    )
    assert found.problems == []
    assert set(texts(found)) == {
        ("", "One (1)"), ("", "Two"), ("of a case", "Open"), ("", "Home"), ("", "Log"), ("", "Nobody"), ("", "b|c"),
    }  # fmt: skip


def test_template_blocks_with_count_context_and_trimming() -> None:
    found = of_template(
        '{% blocktranslate %}Welcome, {{ name }}. 5 % of it\'s "here".{% endblocktranslate %}'
        "{% blocktranslate count n=x with y=z|length %}{{ n }} file{% plural %}{{ n }} files{% endblocktranslate %}"
        '{% blocktranslate count n=x context "of a day" %}day{% plural %}days{% endblocktranslate %}'
        "{% blocktranslate trimmed %}\n   Two\n   lines\n{% endblocktranslate %}"
    )
    assert texts(found) == {
        ("", 'Welcome, %(name)s. 5 %% of it\'s "here".'): "",
        ("", "%(n)s file"): "%(n)s files",
        ("of a day", "day"): "days",
        ("", "Two lines"): "",
    }


def test_comments_of_templates_hold_no_texts() -> None:
    assert (
        texts(of_template('{# {% translate "No" %} #}{% comment %}{% translate "No" %}{% endcomment %}'))
        == {}
    )


def test_a_template_that_django_cannot_translate_is_named() -> None:
    found = of_template("{% blocktranslate %}a{% if b %}c{% endif %}{% endblocktranslate %}")
    assert "here.html" in found.problems[0]


def test_migrations_and_built_files_are_passed_over(tmp_path: Path) -> None:
    source = tmp_path / "src" / "shop"
    for place in ("migrations/0001.py", "static/a.py", "templates/a.html", "a.html"):
        path = source / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(IMPORTS + '_("P")' if path.suffix == ".py" else f'{{% translate "{place}" %}}')
    assert texts(collect(source)) == {("", "templates/a.html"): ""}
