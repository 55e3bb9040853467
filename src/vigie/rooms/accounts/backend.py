"""Signing in by name and password, through the role that may read people and nothing else."""

import uuid
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest

from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import PLUMBING, person_of


class PlumbingBackend(BaseBackend):
    """Finds and checks people on the `plumbing` alias; sets nothing, so that a sign-in writes no case data."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """The active person of this name when the password is theirs; None otherwise, after the same work."""
        if not username or not password:
            return None
        user = (
            User.objects.using(PLUMBING)
            .filter(username=username, is_active=True)
            .select_related("unit")
            .first()
        )
        if user is None:
            make_password(password)  # an unknown name takes as long as a wrong password
            return None
        return user if check_password(password, user.password) else None

    def get_user(self, user_id: uuid.UUID) -> User | None:
        """The active person of this id."""
        return person_of(user_id)
