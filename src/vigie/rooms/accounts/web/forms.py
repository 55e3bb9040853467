"""What the pages about people ask: forms, and the names of roles and languages in them."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vigie.kernel.actors import Actor
from vigie.kernel.permissions import Role
from vigie.kernel.policy import looks_after
from vigie.rooms.accounts.rules import COUNTRY_ROLES, STAFF_ROLES, is_username
from vigie.rooms.units.queries import all_desks

ROLE_NAMES: dict[Role, Promise] = {
    Role.ADMINISTRATOR: gettext_lazy("Administrator"),
    Role.COURT: gettext_lazy("Court"),
    Role.GATEWAY: gettext_lazy("Gateway officer"),
    Role.INVESTIGATOR: gettext_lazy("Investigator"),
    Role.OVERSIGHT: gettext_lazy("Oversight"),
    Role.PARTNER: gettext_lazy("Partner organisation"),
    Role.SUPERVISOR: gettext_lazy("Supervisor"),
}
LANGUAGES = (("en", "English"), ("fr", "Français"), ("es", "Español"), ("ar", "العربية"))


class PersonForm(forms.Form):
    """What adding a person asks."""

    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=60,
        help_text=gettext_lazy("Small Latin letters, digits and . _ - as in ines.dorval."),
    )
    display_name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("Shown to their own unit and gateway, never to other countries."),
    )
    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        """Offers the units the actor looks after and the roles they may give."""
        super().__init__(*args, **kwargs)
        units = [d for d in all_desks(actor) if looks_after(actor, unit=d.unit, country=d.country)]
        for name, choices in (
            ("unit", [(d.code, d.unit_name) for d in units]),
            ("role", roles_offered(actor)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def clean_username(self) -> str:
        """The name, when it can be typed on every keyboard."""
        name: str = self.cleaned_data["username"]
        if not is_username(name):
            raise forms.ValidationError(
                _("A user name has 3 to 60 lower-case letters, digits and . _ - and begins with a letter.")
            )
        return name


class CertificateForm(forms.Form):
    """What certifying a person asks."""

    course = forms.CharField(label=gettext_lazy("Course"), max_length=80)
    issuer = forms.CharField(
        label=gettext_lazy("Held by"),
        max_length=120,
        help_text=gettext_lazy("The school or unit that vouches for it."),
    )
    passed_on = forms.DateField(label=gettext_lazy("Passed on"), widget=forms.DateInput({"type": "date"}))
    valid_until = forms.DateField(
        label=gettext_lazy("Valid until"),
        widget=forms.DateInput({"type": "date"}),
        help_text=gettext_lazy("The last day it holds, two years from today at most."),
    )


def roles_offered(actor: Actor) -> list[tuple[str, Promise]]:
    """The roles this actor may give somebody, by name."""
    given = STAFF_ROLES if Role.ADMINISTRATOR in actor.roles else COUNTRY_ROLES
    return sorted(((role.value, ROLE_NAMES[role]) for role in given), key=lambda pair: str(pair[1]))
