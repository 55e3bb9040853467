"""The keys of the shell: the sheet and the keys both read this one list."""

from typing import NotRequired, TypedDict

from django.utils.translation import gettext as _


class Shortcut(TypedDict):
    """One shortcut: physical keys in order, what their caps say, and where it leads or what it presses."""

    codes: list[str]
    keys: list[str]
    label: str
    group: str
    shift: NotRequired[bool]
    href: NotRequired[str]
    press: NotRequired[str]


def shell_shortcuts() -> list[Shortcut]:
    """Return the shortcuts of every page; those with neither address nor target act elsewhere in the scripts."""
    anywhere, pictures, places = _("Everywhere"), _("Pictures"), _("Go to")
    return [
        {"codes": ["F8"], "keys": ["F8"], "label": _("Blank every page now, and back"), "group": anywhere},
        {"codes": [], "keys": ["Esc", "Esc"], "label": _("Blank every page now"), "group": anywhere},
        {"codes": [], "keys": ["?"], "label": _("Show these shortcuts"), "group": anywhere},
        {"codes": ["Slash"], "keys": ["/"], "label": _("Search"), "group": anywhere, "press": "#find"},
        {"codes": [], "keys": ["Ctrl", "Z"], "label": _("Take back the last act"), "group": anywhere},
        {"codes": ["KeyG", "KeyH"], "keys": ["G", "H"], "label": _("Home"), "group": places, "href": "/"},
        {
            "codes": ["KeyG", "KeyC"],
            "keys": ["G", "C"],
            "label": _("Cases"),
            "group": places,
            "href": "/cases/",
        },
        {
            "codes": ["KeyG", "KeyM"],
            "keys": ["G", "M"],
            "label": _("Matches"),
            "group": places,
            "href": "/matches/",
        },
        {"codes": ["KeyG", "KeyL"], "keys": ["G", "L"], "label": _("Log"), "group": places, "href": "/log/"},
        {"codes": [], "keys": ["R"], "label": _("Reveal while held"), "group": pictures},
        {"codes": [], "keys": ["Shift", "R"], "label": _("Hold or press once"), "group": pictures},
        {"codes": [], "keys": ["Esc"], "label": _("Veil at once"), "group": pictures},
    ]
