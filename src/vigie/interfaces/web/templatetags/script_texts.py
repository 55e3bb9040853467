"""Words of the pages' scripts, translated here and sent along as one JSON block."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# One number for each plural category of CLDR; together they reach every form of Arabic, and of the other languages.
SAMPLES: Mapping[str, int] = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def plural_forms(singular: str, plural: str) -> dict[str, str]:
    """Return the translation for each CLDR category; the browser picks one with its own plural rules."""
    return {category: ngettext(singular, plural, number) for category, number in SAMPLES.items()}


def page_texts() -> dict[str, str]:
    """Return the words of what every page has: theme, blank sheet, shortcuts, toasts, hold to reveal."""
    return {
        "theme.auto": _("Appearance: like the system"),
        "theme.light": _("Appearance: light"),
        "theme.dark": _("Appearance: dark"),
        "blank.title": _("Notes"),
        "blank.back": _("F8 to go on"),
        "shortcuts.title": _("Shortcuts"),
        "shortcuts.close": _("Close"),
        "shortcuts.single_keys": _("Single keys act (F8, Escape and the question mark always do)"),
        "toast.undo": _("Undo"),
        "toast.undo_failed": _("It could not be taken back. Reload the page to see how it stands."),
        "copy.done": _("Copied: %(text)s"),
        "copy.failed": _("This browser does not let the page copy. Select the text and copy it by hand."),
        "line.cut": _("The line to the server is cut. Nothing was changed; try again."),
        "line.refused": _("The server did not accept that. Nothing was changed."),
        "view.hold": _("Hold to reveal"),
        "view.press": _("Press to reveal"),
        "view.let_go": _("Let go to veil"),
        "view.press_to_veil": _("Press to veil"),
        "view.mode_hold": _("Pictures open while you hold the key."),
        "view.mode_press": _("Pictures open with one press and close with the next."),
        "view.open_alt": _("Clear picture, open while you hold it"),
        "view.opened": _("Open."),
        "view.veiled": _("Veiled."),
        "view.cut": _("The line is cut. The picture was not opened."),
        "view.refused": _("The picture may not be opened."),
        "view.reason_refused": _("The reason was not accepted."),
        "view.reason_taken": _("The reason is recorded. Hold to reveal."),
    }


def counted_texts() -> dict[str, dict[str, str]]:
    """Return the words that go with a number, one form for each plural category."""
    return {
        "view.seconds": plural_forms("%(count)s s", "%(count)s s"),
        "upload.minutes": plural_forms("%(count)s minute", "%(count)s minutes"),
        "upload.working": plural_forms("Working through %(count)s file", "Working through %(count)s files"),
        "upload.done": plural_forms("%(count)s file is through", "%(count)s files are through"),
        "upload.refused": plural_forms("%(count)s file was not taken", "%(count)s files were not taken"),
        "upload.all_checked": plural_forms(
            "Everything is checked. %(count)s file is sent.",
            "Everything is checked. %(count)s files are sent.",
        ),
        "upload.more_in_csv": plural_forms(
            "%(count)s more stands in the CSV.", "%(count)s more stand in the CSV."
        ),
    }


def upload_texts() -> dict[str, str]:
    """Return the words of the upload panel."""
    return {
        "upload.under_a_minute": _("less than a minute"),
        "upload.hours_minutes": _("%(hours)s h %(minutes)s min"),
        "upload.left": _("about %(time)s left"),
        "upload.left_at": _("about %(time)s left at %(rate)s"),
        "upload.measuring": _("measuring the speed"),
        "upload.following": _("everything is sent; the server is working"),
        "upload.paused": _("paused"),
        "upload.going_on": _("going on"),
        "upload.pause": _("Pause"),
        "upload.go_on": _("Go on"),
        "upload.cut": _("the line is cut; trying again"),
        "upload.saved": _("not sent · %(size)s saved"),
        "upload.waits": _("waits"),
        "upload.of": _("of %(total)s"),
        "upload.whole_run": _("the whole delivery"),
        "upload.nothing_chosen": _("There is no file in what you chose."),
        "upload.refused_whole": _("The server did not take this delivery. Nothing was sent."),
        "upload.reason.empty": _("The file is empty."),
        "upload.reason.truncated": _("The file ends too early."),
        "upload.reason.corrupt": _("The file is damaged."),
        "upload.reason.unknown_format": _("The format is not known."),
        "upload.reason.too_many_pixels": _("The picture has too many pixels."),
        "upload.reason.too_large": _("The file is too large."),
        "upload.reason.too_slow": _("Reading the file took too long."),
        "upload.reason.worker_killed": _("The file broke the reader and was set aside."),
        "upload.reason.unreadable": _(
            "This browser could not read the file. It may have been moved or locked."
        ),
        "upload.reason.unsupported_here": _("This installation cannot read that format."),
        "upload.reason.changed": _("The file changed while it was sent. Choose it again."),
        "upload.reason.no_room": _(
            "There is no room left on the server. What arrived is kept; send the rest later."
        ),
        "upload.reason.send_refused": _("The server did not accept the file."),
        "upload.reason.no_answer": _("The server gave no answer for this file. Choose it again."),
        "upload.reason.run_refused": _("The server refused the delivery."),
        "upload.reason.zip_not_an_archive": _("This is not a ZIP archive, or its end is missing."),
        "upload.reason.zip_locked": _("This entry of the archive is locked with a password."),
        "upload.reason.zip_method": _("The archive packs this entry in a way browsers cannot unpack."),
        "upload.reason.zip_damaged": _("The archive is damaged here."),
    }


def all_texts() -> dict[str, str | dict[str, str]]:
    """Return every word the scripts may say, in the language that is active now."""
    return {**page_texts(), **counted_texts(), **upload_texts()}
