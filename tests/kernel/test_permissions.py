"""Rights: no role holds everything, some pairs never meet, services hold one task each."""

import re

from vigie.kernel.permissions import RIGHTS, ROLE_PERMISSIONS, Permission, Role

P = Permission
PEOPLE = {
    Role.ADMINISTRATOR, Role.COURT, Role.GATEWAY, Role.INVESTIGATOR, Role.OVERSIGHT, Role.PARTNER, Role.SUPERVISOR,
}  # fmt: skip
MEDIA = {p for p in Permission if p.value.startswith("media:")}


def test_the_enum_is_in_alphabetical_order_and_named_area_thing_verb() -> None:
    names = [p.name for p in Permission]
    assert names == sorted(names)
    for permission in Permission:
        assert re.fullmatch(r"[a-z]+:[a-z]+:[a-z]+", permission.value)
        assert permission.name == permission.value.upper().replace(":", "_")


def test_every_permission_has_its_line() -> None:
    assert list(RIGHTS) == list(Permission)


def test_every_role_says_what_it_holds_and_none_holds_everything() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert all(0 < len(held) < len(Permission) for held in ROLE_PERMISSIONS.values())


def test_all_roles_of_people_together_do_not_hold_the_services_acts() -> None:
    people = frozenset().union(*(ROLE_PERMISSIONS[role] for role in PEOPLE))
    for act in (
        P.INTAKE_FILE_RECORD,
        P.MATCH_ANSWER_RECORD,
        P.MATCH_NOTICE_DELIVER,
        P.MEDIA_ORIGINAL_PROCESS,
    ):
        assert act not in people


def test_an_administrator_and_oversight_open_no_media_and_no_case() -> None:
    watching = {
        P.MATCH_CANARY_SEE,
        P.MATCH_DIGEST_EXPORT,
        P.MATCH_DIGEST_SEE,
    }  # who asked, never what is held
    for role, allowed in ((Role.ADMINISTRATOR, set()), (Role.GATEWAY, set()), (Role.OVERSIGHT, watching)):
        held = ROLE_PERMISSIONS[role] - allowed
        assert not held & MEDIA
        assert not {p for p in held if p.value.startswith(("case:", "intake:", "match:", "series:"))}


def test_who_gives_rights_never_reads_the_log_and_who_reads_cases_gives_no_rights() -> None:
    giving = {P.ACCOUNT_ROLE_GRANT, P.ACCOUNT_CERTIFICATE_GRANT, P.ACCOUNT_USER_ADD}
    for held in ROLE_PERMISSIONS.values():
        if held & giving:
            assert not held & ({P.AUDIT_LOG_READ, P.AUDIT_LOG_EXPORT, P.CASE_CASE_READ} | MEDIA)


def test_a_service_holds_at_most_four_acts_and_none_that_a_person_reads_with() -> None:
    for role in set(Role) - PEOPLE:
        assert len(ROLE_PERMISSIONS[role]) <= 4
        assert not {p for p in ROLE_PERMISSIONS[role] if p.value.endswith((":read", ":view", ":export"))}


def test_every_way_of_a_person_to_media_needs_a_certificate() -> None:
    services = {p for p in MEDIA if RIGHTS[p].roles and PEOPLE.isdisjoint(RIGHTS[p].roles)}
    assert services == {P.MEDIA_KEY_REWRAP, P.MEDIA_ORIGINAL_CHECK, P.MEDIA_ORIGINAL_PROCESS}
    showing_less = {P.MEDIA_HANDLING_TIGHTEN, P.MEDIA_VISIBILITY_TIGHTEN}
    assert all(RIGHTS[p].certificate for p in MEDIA - services - showing_less)


def test_opening_exporting_and_giving_rights_need_a_fresh_sign_in() -> None:
    for act in (
        P.ACCOUNT_CERTIFICATE_GRANT,
        P.ACCOUNT_IDENTITY_JOIN,
        P.ACCOUNT_ROLE_GRANT,
        P.APPROVAL_PROPOSAL_APPROVE,
        P.APPROVAL_PROPOSAL_MAKE,
        P.AUDIT_LOG_EXPORT,
        P.ERASURE_CONTENT_ORDER,
        P.MEDIA_CLEAR_VIEW,
        P.MEDIA_ORIGINAL_EXPORT,
        P.UNIT_CERTIFICATE_REGISTER,
    ):
        assert RIGHTS[act].fresh
