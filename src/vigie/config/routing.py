"""Which database alias carries which table: sessions and sign-in machinery never share the case data's connection."""

from typing import Any

PLUMBING_APPS = frozenset({"sessions", "account", "mfa"})
PLUMBING_MODELS = frozenset({"accounts.browsersession"})


class PlumbingRouter:
    """Sessions, rate limits and second factors go through the `plumbing` role; all else through the default one."""

    def db_for_read(self, model: type[Any], **_: Any) -> str | None:
        """`plumbing` for the sign-in machinery's own tables."""
        return _alias(model)

    def db_for_write(self, model: type[Any], **_: Any) -> str | None:
        """`plumbing` for the sign-in machinery's own tables."""
        return _alias(model)

    def allow_relation(self, *_: Any, **__: Any) -> bool:
        """All aliases are one database seen through different roles."""
        return True

    def allow_migrate(self, db: str, *_: Any, **__: Any) -> bool:
        """Only the owner's connection migrates, and it is always called default."""
        return db == "default"


def _alias(model: type[Any]) -> str | None:
    names = model._meta  # noqa: SLF001 - Django documents _meta
    return "plumbing" if names.app_label in PLUMBING_APPS or names.label_lower in PLUMBING_MODELS else None
