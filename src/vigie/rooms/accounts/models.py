"""People and what they may do: users, roles granted, certificates, sign-ins of browsers and of the command line."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from vigie.kernel.ids import uuid7
from vigie.kernel.scope import UnitModel


class UserManager(BaseUserManager["User"]):
    """Users are found by name; they are made by the operation `add_user`, never here."""

    def create_user(self, *_: Any, **__: Any) -> "User":
        """Not available: a user is added by an operation, so that the log knows who did it."""
        raise RuntimeError("users are added by the operation accounts.add_user")

    def select_for_update(self, *args: Any, **options: Any) -> "models.QuerySet[User]":
        """People locked against change, and not against rows that name them (FOR NO KEY UPDATE).

        The sign-in library locks a person on one connection and then writes their new recovery codes on another, the
        `plumbing` one: a full lock would make it wait for itself, for good.
        """
        return self.get_queryset().select_for_update(*args, **{**options, "no_key": True})


class User(AbstractBaseUser):
    """A person who signs in.

    Not scoped: sign-in reads it before there is an actor, through the `plumbing` role, which may only read.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(max_length=60, unique=True)
    display_name = models.CharField(max_length=120)
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+")
    language = models.CharField(max_length=5, default="en")
    time_zone = models.CharField(max_length=40, default="UTC")
    theme = models.CharField(max_length=6, default="auto")
    is_active = models.BooleanField(default=True)
    natural_person = models.UUIDField(default=uuid.uuid4, editable=False)
    """The human being: equal for two accounts of one person, who is one person where an act needs two."""
    enrolment_digest = models.CharField(max_length=64, blank=True)
    enrolment_until = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField()
    """When the gateway last confirmed that this person should have access; adding them is the first time."""
    suspended_at = models.DateTimeField(null=True)
    """When their access was taken; None while nobody took it."""
    last_login = None  # sign-ins are in the log; a column would be a write outside an operation

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def get_full_name(self) -> str:
        """The name this person chose to be shown by."""
        return self.display_name


class RoleGrant(UnitModel):
    """A role a person holds until it is revoked."""

    user = models.ForeignKey(User, models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=30)
    revoked_at = models.DateTimeField(null=True)


class Certificate(UnitModel):
    """Proof that a person was trained and tested, with an end: the second of the four gates to media."""

    user = models.ForeignKey(User, models.PROTECT, related_name="certificates")
    course = models.CharField(max_length=80)
    issuer = models.CharField(max_length=120)
    """Who held the course and vouches for it; empty on certificates from before this was asked."""
    passed_on = models.DateField(null=True)
    """The day the course was passed; None on certificates from before this was asked."""
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class Token(UnitModel):
    """A command-line sign-in: bound to person and unit, short-lived, revocable. Only its SHA-256 is kept."""

    user = models.ForeignKey(User, models.PROTECT, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=80)
    confirmed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    client_certificate = models.CharField(max_length=64, blank=True)
    """SHA-256 of the client certificate it was opened behind; empty for none."""


class ProviderIdentity(UnitModel):
    """Who a person is at a sign-in provider of their country, until their gateway parts the two.

    Nothing the provider says of the person is kept, only the name by which it knows them.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="identities")
    provider = models.CharField(max_length=40)
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    ended_at = models.DateTimeField(null=True)

    class Meta(UnitModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "subject"],
                condition=models.Q(ended_at=None),
                name="identity_of_one_person",
            ),
            models.UniqueConstraint(
                fields=["user", "provider"],
                condition=models.Q(ended_at=None),
                name="one_identity_a_provider",
            ),
        ]


class BrowserSession(AbstractBaseSession):
    """A browser's sign-in, with what its person needs to recognise it among theirs.

    Not scoped: read before there is an actor, through the `plumbing` role; the role of the case data cannot see it.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    """Names the session in lists and addresses: its key would open it."""
    person = models.UUIDField(null=True, db_index=True)
    opened_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    browser = models.CharField(max_length=80, blank=True)

    @classmethod
    def get_session_store_class(cls) -> type[Any]:
        """The store that writes these rows."""
        from vigie.rooms.accounts.sessions import SessionStore

        return SessionStore
