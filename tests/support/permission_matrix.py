"""The page `docs/reference/permissions.md`, written from the program: run this file after a change of rights."""

import os
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "permissions.md"
YES, NO = "●", " "


def matrix() -> str:
    """The page: who may do what, which acts need a certificate, and which a fresh sign-in."""
    from vigie.kernel.permissions import RIGHTS, ROLE_PERMISSIONS, Permission, Role
    from vigie.kernel.policy import FRESH_SIGN_IN
    from vigie.rooms.oversight.sentences import DONE

    people = [r for r in Role if not r.value.startswith("service-") and r is not Role.SERVICE_MATCH_DELIVERY]
    services = [r for r in Role if r not in people]
    minutes = int(FRESH_SIGN_IN.total_seconds() // 60)
    lines = [
        "# Permissions",
        "",
        "This page is generated; `python tests/support/permission_matrix.py` writes it again, and a test compares it.",
        "",
        "A role alone opens nothing: the organisation's agreement must run, the record must be for the person's unit",
        "or audience, and a clear picture needs a stated reason. *Certificate*: the act also needs a valid certificate.",
        f"*Fresh*: it needs a sign-in confirmed within the last {minutes} minutes. Services need neither; each holds its",
        "one task, and works in the name of a unit and a person.",
        "",
    ]
    for title, roles in (("People", people), ("Services", services)):
        shown = [p for p in Permission if any(p in ROLE_PERMISSIONS[role] for role in roles)]
        lines += [f"## {title}", ""]
        header = ["Act", "In the log", *(role.value for role in roles)]
        needs = title == "People"
        header += ["Certificate", "Fresh"] if needs else []
        lines += ["| " + " | ".join(header) + " |", "|" + "---|" * 2 + ":-:|" * (len(header) - 2)]
        for permission in shown:
            row = [f"`{permission.value}`", str(DONE[permission])]
            row += [YES if permission in ROLE_PERMISSIONS[role] else NO for role in roles]
            if needs:
                right = RIGHTS[permission]
                row += [YES if needed else NO for needed in (right.certificate, right.fresh)]
            lines.append("| " + " | ".join(row) + " |")
        lines.append("")
    held = frozenset().union(*ROLE_PERMISSIONS.values())
    nobody = [f"`{p.value}`" for p in Permission if p not in held]
    lines += ["## Held by nobody yet", "", ", ".join(nobody) if nobody else "None.", ""]
    return "\n".join(lines)


def write() -> None:
    """The page says what the program does."""
    PAGE.write_text(matrix(), encoding="utf-8")


if __name__ == "__main__":
    import tempfile

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.django")
    os.environ.setdefault("VIGIE_HOME", tempfile.mkdtemp())
    django.setup()
    write()
