"""What the pages about cases ask: forms, and the words of the choices in them."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.policy import AnswerOutside, Audience, Handling
from vigie.rooms.cases.schemas import Share
from vigie.rooms.media.schemas.handling import HANDLINGS, looser_than
from vigie.rooms.units.queries import all_desks, legal_bases

SHARES: tuple[tuple[Share, Promise, Promise], ...] = (
    (
        Share.COMMUNITY,
        _("Every unit that takes part"),
        _("All see what is found, veiled, with its facts and your desk. Most children are found this way."),
    ),
    (
        Share.COUNTRY,
        _("Units of my country"),
        _("Units abroad learn nothing but what you choose below."),
    ),
    (
        Share.LISTED,
        _("The countries I name"),
        _(
            "Tick them below. You may take one away at any time, not add one in secret: each change is logged."
        ),
    ),
    (Share.NONE, _("My unit alone"), _("Nobody else sees it. You still learn what others hold.")),
)
"""Who sees content handed in under a case: the choice, its name, what it means."""
OUTSIDE = (
    (AnswerOutside.CONTACT_ONLY, _("That my unit holds it, and my desk's telephone number")),
    (AnswerOutside.SILENT, _("Nothing; it looks exactly as if nobody held it")),
)
PURPOSES = (
    (Purpose.VICTIM_IDENTIFICATION, _("Identifying a victim")),
    (Purpose.INVESTIGATION, _("Investigation")),
    (Purpose.SAFEGUARDING, _("Protecting a child")),
    (Purpose.TRAINING, _("Training with drawn material")),
)
AUDIENCES: dict[Audience, Promise] = {
    Audience.COMMUNITY: _("every unit"),
    Audience.COUNTRY: _("my country"),
    Audience.LISTED: _("named countries"),
    Audience.UNIT: _("my unit alone"),
}


class CaseForm(forms.Form):
    """What opening a case asks."""

    reference = forms.CharField(
        label=_("Case reference"),
        max_length=60,
        help_text=_("As your unit files it. It never leaves your unit."),
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        required=False,
        help_text=_("For your own unit. No names of victims."),
    )
    legal_basis = forms.ChoiceField(label=_("Legal basis"))
    purpose = forms.ChoiceField(label=_("Purpose"))
    share = forms.ChoiceField(
        choices=[(share.value, label) for share, label, _why in SHARES],
        error_messages={
            "required": _("Choose who may see what is found. This is always asked, never assumed.")
        },
    )
    listed = forms.MultipleChoiceField(required=False)
    answer_outside = forms.ChoiceField(
        choices=[(answer.value, label) for answer, label in OUTSIDE], initial=AnswerOutside.CONTACT_ONLY.value
    )
    handling = forms.ChoiceField(
        choices=[(one.value, words.name) for one, words in HANDLINGS.items()], initial=Handling.ORCON.value
    )
    send_everything = forms.BooleanField(
        label=_("Send every file, also those my unit holds already (a court may ask for this)"),
        required=False,
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        """Offers the legal bases and purposes of the actor and the countries that take part."""
        super().__init__(*args, **kwargs)
        bases = [(basis.code, basis.label) for basis in legal_bases(actor)]
        countries = {desk.country: desk.country_name for desk in all_desks(actor)}
        countries.pop(actor.country, None)
        self._offer("legal_basis", [("", _("Choose one")), *bases])
        self._offer("purpose", [(p.value, text) for p, text in PURPOSES if p in actor.readable_purposes])
        self._offer("listed", sorted(countries.items(), key=lambda pair: pair[1]))

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Countries are named when, and only when, the case is shared with named countries."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("share") == Share.LISTED and not given.get("listed"):
            self.add_error("listed", _("Name at least one country, or choose another way to share."))
        return given


class HandlingForm(forms.Form):
    """What changing the handling of a case asks: the stricter ones for everybody, the looser ones where they are offered."""

    handling = forms.ChoiceField(label=_("Handling"))

    def __init__(self, now: Handling, *args: Any, looser: bool = False, **kwargs: Any) -> None:
        """Offers what differs from what the case says now."""
        super().__init__(*args, **kwargs)
        offered = [
            (one.value, words.name)
            for one, words in HANDLINGS.items()
            if one is not now and (looser or one.value not in looser_than(now))
        ]
        field = self.fields["handling"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose one")), *offered] if offered else []


class CourtForm(forms.Form):
    """What proposing to open a case to a court asks."""

    username = forms.CharField(
        label=_("User name of the prosecutor or judge"),
        max_length=60,
        help_text=_("As their gateway added them, with the role Court."),
    )
    until = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The last day, a year from today at most. You may end it at any time."),
    )
    why = forms.CharField(
        label=_("Why"), max_length=500, help_text=_("The court, and the reference of its request.")
    )


class ExhibitForm(forms.Form):
    """What adding an exhibit asks."""

    reference = forms.CharField(label=_("Exhibit number"), max_length=60)
    description = forms.CharField(label=_("What it is"), max_length=200, required=False)
    seized_in = forms.CharField(label=_("Seized in"), max_length=200, required=False)
    seized_at_text = forms.CharField(
        label=_("Seized at"),
        max_length=60,
        required=False,
        help_text=_("As written on the form, with its time zone."),
    )


class HoldForm(forms.Form):
    """What putting a case on legal hold asks."""

    ordered_by = forms.CharField(
        label=_("Ordered by"),
        max_length=120,
        help_text=_("The court or office, with the reference of its order."),
    )
    why = forms.CharField(label=_("Why"), max_length=500)
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The last day. Empty: until somebody lifts it."),
    )
