"""Permissions, one alphabetised enum named `area:thing:verb`, and for each in one line who holds it and what it needs.

There is no permission that implies the others, and no role that holds them all.
"""

import enum
from typing import NamedTuple


class Permission(enum.StrEnum):
    """An act that needs the policy's word."""

    ACCOUNT_ACCESS_CONFIRM = "account:access:confirm"
    ACCOUNT_ACCESS_SUSPEND = "account:access:suspend"
    ACCOUNT_CERTIFICATE_GRANT = "account:certificate:grant"
    ACCOUNT_CERTIFICATE_REVOKE = "account:certificate:revoke"
    ACCOUNT_FACTOR_CHANGE = "account:factor:change"
    ACCOUNT_IDENTITY_JOIN = "account:identity:join"
    ACCOUNT_IDENTITY_PART = "account:identity:part"
    ACCOUNT_PASSWORD_SET = "account:password:set"  # noqa: S105 - a permission's name, not a password
    ACCOUNT_PERSON_JOIN = "account:person:join"
    ACCOUNT_PREFERENCES_SET = "account:preferences:set"
    ACCOUNT_ROLE_GRANT = "account:role:grant"
    ACCOUNT_ROLE_REVOKE = "account:role:revoke"
    ACCOUNT_SESSION_END = "account:session:end"
    ACCOUNT_SESSION_OPEN = "account:session:open"
    ACCOUNT_SESSION_REFUSE = "account:session:refuse"
    ACCOUNT_SESSION_REVOKE = "account:session:revoke"
    ACCOUNT_TOKEN_ISSUE = "account:token:issue"  # noqa: S105 - a permission's name, not a password
    ACCOUNT_TOKEN_REVOKE = "account:token:revoke"  # noqa: S105 - a permission's name, not a password
    ACCOUNT_USER_ADD = "account:user:add"
    ACCOUNT_USER_READ = "account:user:read"
    APPROVAL_PROPOSAL_APPROVE = "approval:proposal:approve"
    APPROVAL_PROPOSAL_MAKE = "approval:proposal:make"
    APPROVAL_PROPOSAL_READ = "approval:proposal:read"
    APPROVAL_PROPOSAL_REFUSE = "approval:proposal:refuse"
    APPROVAL_PROPOSAL_WITHDRAW = "approval:proposal:withdraw"
    AUDIT_CHECKPOINT_PULL = "audit:checkpoint:pull"
    AUDIT_COSIGNATURE_RECORD = "audit:cosignature:record"
    AUDIT_LOG_EXPORT = "audit:log:export"
    AUDIT_LOG_READ = "audit:log:read"
    AUDIT_STAMP_RECORD = "audit:stamp:record"
    AUDIT_VIEW_EXPORT = "audit:view:export"
    AUDIT_WITNESS_ADD = "audit:witness:add"
    AUDIT_WITNESS_END = "audit:witness:end"
    CASE_CASE_OPEN = "case:case:open"
    CASE_CASE_READ = "case:case:read"
    CASE_COURT_CLOSE = "case:court:close"
    CASE_COURT_OPEN = "case:court:open"
    CASE_EXHIBIT_ADD = "case:exhibit:add"
    CASE_HOLD_SET = "case:hold:set"
    CASE_OUTCOME_SET = "case:outcome:set"
    COURT_CASE_READ = "court:case:read"
    ERASURE_CONTENT_ORDER = "erasure:content:order"
    ERASURE_CONTENT_PERFORM = "erasure:content:perform"
    ERASURE_RECORD_READ = "erasure:record:read"
    INTAKE_FILE_RECORD = "intake:file:record"
    INTAKE_FILE_SEND = "intake:file:send"
    INTAKE_SEAL_OPEN = "intake:seal:open"
    INTAKE_SUBMISSION_CLOSE = "intake:submission:close"
    INTAKE_SUBMISSION_OPEN = "intake:submission:open"
    INTAKE_SUBMISSION_READ = "intake:submission:read"
    LIST_LIST_ADD = "list:list:add"
    LIST_LIST_READ = "list:list:read"
    MATCH_ALARM_RAISE = "match:alarm:raise"
    MATCH_ANSWER_RECORD = "match:answer:record"
    MATCH_CANARY_PLANT = "match:canary:plant"
    MATCH_CANARY_SEE = "match:canary:see"
    MATCH_CANDIDATE_READ = "match:candidate:read"
    MATCH_DIGEST_COMPUTE = "match:digest:compute"
    MATCH_DIGEST_EXPORT = "match:digest:export"
    MATCH_DIGEST_SEE = "match:digest:see"
    MATCH_LOOKUP_ASK = "match:lookup:ask"
    MATCH_LOOKUP_RELEASE = "match:lookup:release"
    MATCH_NOTICE_DELIVER = "match:notice:deliver"
    MATCH_NOTICE_EXPORT = "match:notice:export"
    MATCH_NOTICE_SEE = "match:notice:see"
    MATCH_VERDICT_GIVE = "match:verdict:give"
    MATCH_WITHDRAWAL_TELL = "match:withdrawal:tell"
    MEDIA_CLEAR_VIEW = "media:clear:view"
    MEDIA_HANDLING_LOOSEN = "media:handling:loosen"
    MEDIA_HANDLING_TIGHTEN = "media:handling:tighten"
    MEDIA_KEY_REWRAP = "media:key:rewrap"
    MEDIA_ORIGINAL_CHECK = "media:original:check"
    MEDIA_ORIGINAL_EXPORT = "media:original:export"
    MEDIA_ORIGINAL_PROCESS = "media:original:process"
    MEDIA_VEIL_VIEW = "media:veil:view"
    MEDIA_VISIBILITY_TIGHTEN = "media:visibility:tighten"
    PARTNER_OPINION_GIVE = "partner:opinion:give"
    PARTNER_SUBMISSION_COMPARE = "partner:submission:compare"
    PARTNER_SUBMISSION_MAKE = "partner:submission:make"
    PARTNER_SUBMISSION_READ = "partner:submission:read"
    RETENTION_CLOCK_RUN = "retention:clock:run"
    RETENTION_REVIEW_ANSWER = "retention:review:answer"
    SERIES_MEMBERSHIP_ADD = "series:membership:add"
    SERIES_SERIES_CREATE = "series:series:create"
    SERIES_SERIES_READ = "series:series:read"
    SYSTEM_HEALTH_READ = "system:health:read"
    UNIT_AGREEMENT_END = "unit:agreement:end"
    UNIT_AGREEMENT_MAKE = "unit:agreement:make"
    UNIT_AGREEMENT_READ = "unit:agreement:read"
    UNIT_AGREEMENT_SUSPEND = "unit:agreement:suspend"
    UNIT_CERTIFICATE_END = "unit:certificate:end"
    UNIT_CERTIFICATE_READ = "unit:certificate:read"
    UNIT_CERTIFICATE_REGISTER = "unit:certificate:register"
    UNIT_COUNTRY_ADD = "unit:country:add"
    UNIT_COUNTRY_SET = "unit:country:set"
    UNIT_DIRECTORY_READ = "unit:directory:read"
    UNIT_UNIT_ADD = "unit:unit:add"


class Role(enum.StrEnum):
    """What a person or a service is in the installation."""

    ADMINISTRATOR = "administrator"
    COURT = "court"
    GATEWAY = "gateway"
    INVESTIGATOR = "investigator"
    OVERSIGHT = "oversight"
    PARTNER = "partner"
    SERVICE_CUSTODY = "service-custody"
    SERVICE_DIGEST = "service-digest"
    SERVICE_ENROLMENT = "service-enrolment"
    SERVICE_ERASURE = "service-erasure"
    SERVICE_INTAKE = "service-intake"
    SERVICE_MATCH = "service-match"
    SERVICE_MATCH_DELIVERY = "match-delivery"
    SERVICE_SIGN_IN = "service-sign-in"
    SERVICE_WITNESS = "service-witness"
    SUPERVISOR = "supervisor"


class Right(NamedTuple):
    """Who holds a permission, and what must be true besides: of a person, never of a service."""

    roles: tuple[Role, ...]
    certificate: bool = False
    """A role alone does not open this: the person's certificate must be valid (the second of the four gates)."""
    fresh: bool = False
    """The sign-in must be younger than `policy.FRESH_SIGN_IN` (step-up)."""
    agreement: bool = True
    """False where no running agreement is needed: whoever renews agreements must be able to when their own has ended."""


P, R = Permission, Role
_CASEWORK = (R.INVESTIGATOR, R.SUPERVISOR)
_LOG = (R.OVERSIGHT, R.SUPERVISOR)
_STAFF = (R.ADMINISTRATOR, R.GATEWAY)
"""Looking after people. Whose, and that nobody looks after themselves, `rooms/accounts/rules.py` decides."""
_EVERYBODY = (*_STAFF, *_CASEWORK, R.OVERSIGHT)
_PEOPLE = (*_EVERYBODY, R.COURT, R.PARTNER)
"""Everybody who signs in, also those to whom nothing is open but what another unit opened to them, or they submitted."""

RIGHTS: dict[Permission, Right] = {
    P.ACCOUNT_ACCESS_CONFIRM: Right(_STAFF, fresh=True),
    P.ACCOUNT_ACCESS_SUSPEND: Right(_STAFF),
    P.ACCOUNT_CERTIFICATE_GRANT: Right(_STAFF, fresh=True),
    P.ACCOUNT_CERTIFICATE_REVOKE: Right(_STAFF),
    P.ACCOUNT_FACTOR_CHANGE: Right(_PEOPLE),
    P.ACCOUNT_IDENTITY_JOIN: Right(_STAFF, fresh=True),
    P.ACCOUNT_IDENTITY_PART: Right(_STAFF),
    P.ACCOUNT_PASSWORD_SET: Right(_PEOPLE, fresh=True),
    P.ACCOUNT_PERSON_JOIN: Right((R.ADMINISTRATOR,), fresh=True),
    P.ACCOUNT_PREFERENCES_SET: Right(_PEOPLE),
    P.ACCOUNT_ROLE_GRANT: Right((*_STAFF, R.SERVICE_ENROLMENT), fresh=True),
    P.ACCOUNT_ROLE_REVOKE: Right(_STAFF),
    P.ACCOUNT_SESSION_END: Right(_PEOPLE),
    P.ACCOUNT_SESSION_OPEN: Right((R.SERVICE_SIGN_IN,)),
    P.ACCOUNT_SESSION_REFUSE: Right((R.SERVICE_SIGN_IN,)),
    P.ACCOUNT_SESSION_REVOKE: Right(_STAFF),
    P.ACCOUNT_TOKEN_ISSUE: Right(_PEOPLE),
    P.ACCOUNT_TOKEN_REVOKE: Right(_PEOPLE),
    P.ACCOUNT_USER_ADD: Right((*_STAFF, R.SERVICE_ENROLMENT)),
    P.ACCOUNT_USER_READ: Right((*_STAFF, R.SUPERVISOR)),
    P.APPROVAL_PROPOSAL_APPROVE: Right(_EVERYBODY, fresh=True),
    P.APPROVAL_PROPOSAL_MAKE: Right(_EVERYBODY, fresh=True),
    P.APPROVAL_PROPOSAL_READ: Right(_EVERYBODY),
    P.APPROVAL_PROPOSAL_REFUSE: Right(_EVERYBODY),
    P.APPROVAL_PROPOSAL_WITHDRAW: Right(_EVERYBODY),
    P.AUDIT_CHECKPOINT_PULL: Right((R.OVERSIGHT, R.SERVICE_WITNESS)),
    P.AUDIT_COSIGNATURE_RECORD: Right((R.OVERSIGHT, R.SERVICE_WITNESS)),
    P.AUDIT_LOG_EXPORT: Right((R.OVERSIGHT,), fresh=True),
    P.AUDIT_LOG_READ: Right(_LOG),
    P.AUDIT_STAMP_RECORD: Right((R.OVERSIGHT,)),
    P.AUDIT_VIEW_EXPORT: Right(_LOG),
    P.AUDIT_WITNESS_ADD: Right((R.OVERSIGHT,), fresh=True),
    P.AUDIT_WITNESS_END: Right((R.OVERSIGHT,), fresh=True),
    P.CASE_CASE_OPEN: Right(_CASEWORK, certificate=True),
    P.CASE_CASE_READ: Right(_CASEWORK),
    P.CASE_COURT_CLOSE: Right(_CASEWORK),
    P.CASE_COURT_OPEN: Right((R.SUPERVISOR,), certificate=True, fresh=True),
    P.CASE_EXHIBIT_ADD: Right(_CASEWORK, certificate=True),
    P.CASE_HOLD_SET: Right((R.SUPERVISOR,), certificate=True),
    P.CASE_OUTCOME_SET: Right(_CASEWORK),
    P.COURT_CASE_READ: Right((R.COURT,)),
    P.ERASURE_CONTENT_ORDER: Right((R.SUPERVISOR,), certificate=True, fresh=True),
    P.ERASURE_CONTENT_PERFORM: Right((R.SERVICE_ERASURE,)),
    P.ERASURE_RECORD_READ: Right(_CASEWORK),
    P.INTAKE_FILE_RECORD: Right((R.SERVICE_INTAKE,)),
    P.INTAKE_FILE_SEND: Right(_CASEWORK, certificate=True),
    P.INTAKE_SEAL_OPEN: Right((R.SUPERVISOR,), certificate=True, fresh=True),
    P.INTAKE_SUBMISSION_CLOSE: Right(_CASEWORK),
    P.INTAKE_SUBMISSION_OPEN: Right(_CASEWORK, certificate=True),
    P.INTAKE_SUBMISSION_READ: Right(_CASEWORK),
    P.LIST_LIST_ADD: Right((R.SUPERVISOR,), certificate=True),
    P.LIST_LIST_READ: Right(_CASEWORK),
    P.MATCH_ALARM_RAISE: Right((R.SERVICE_MATCH_DELIVERY,)),
    P.MATCH_ANSWER_RECORD: Right((R.SERVICE_MATCH,)),
    P.MATCH_CANARY_PLANT: Right((R.SUPERVISOR,), certificate=True),
    P.MATCH_CANARY_SEE: Right(_LOG),
    P.MATCH_CANDIDATE_READ: Right(_CASEWORK, certificate=True),
    P.MATCH_DIGEST_COMPUTE: Right((R.SERVICE_DIGEST,)),
    P.MATCH_DIGEST_EXPORT: Right(_LOG),
    P.MATCH_DIGEST_SEE: Right(_LOG),
    P.MATCH_LOOKUP_ASK: Right(_CASEWORK, certificate=True),
    P.MATCH_LOOKUP_RELEASE: Right((R.SUPERVISOR,), certificate=True),
    P.MATCH_NOTICE_DELIVER: Right((R.SERVICE_MATCH_DELIVERY,)),
    P.MATCH_NOTICE_EXPORT: Right((R.SUPERVISOR,)),
    P.MATCH_NOTICE_SEE: Right(_CASEWORK),
    P.MATCH_VERDICT_GIVE: Right(_CASEWORK, certificate=True),
    P.MATCH_WITHDRAWAL_TELL: Right((R.SERVICE_MATCH_DELIVERY,)),
    P.MEDIA_CLEAR_VIEW: Right(_CASEWORK, certificate=True, fresh=True),
    P.MEDIA_HANDLING_LOOSEN: Right((R.SUPERVISOR,), certificate=True, fresh=True),
    P.MEDIA_HANDLING_TIGHTEN: Right(_CASEWORK),
    P.MEDIA_KEY_REWRAP: Right((R.SERVICE_CUSTODY,)),
    P.MEDIA_ORIGINAL_CHECK: Right((R.SERVICE_CUSTODY,)),
    P.MEDIA_ORIGINAL_EXPORT: Right((), certificate=True, fresh=True),
    P.MEDIA_ORIGINAL_PROCESS: Right((R.SERVICE_INTAKE,)),
    P.MEDIA_VEIL_VIEW: Right((*_CASEWORK, R.COURT), certificate=True),
    P.MEDIA_VISIBILITY_TIGHTEN: Right(_CASEWORK),
    P.PARTNER_OPINION_GIVE: Right(_CASEWORK),
    P.PARTNER_SUBMISSION_COMPARE: Right((*_CASEWORK, R.SERVICE_MATCH), certificate=True),
    P.PARTNER_SUBMISSION_MAKE: Right((R.PARTNER,)),
    P.PARTNER_SUBMISSION_READ: Right((*_CASEWORK, R.PARTNER)),
    P.RETENTION_CLOCK_RUN: Right((R.SERVICE_ERASURE,)),
    P.RETENTION_REVIEW_ANSWER: Right((R.SUPERVISOR,)),
    P.SERIES_MEMBERSHIP_ADD: Right(_CASEWORK, certificate=True),
    P.SERIES_SERIES_CREATE: Right(_CASEWORK, certificate=True),
    P.SERIES_SERIES_READ: Right(_CASEWORK),
    P.SYSTEM_HEALTH_READ: Right((R.ADMINISTRATOR, R.SUPERVISOR)),
    P.UNIT_AGREEMENT_END: Right((R.ADMINISTRATOR,), fresh=True, agreement=False),
    P.UNIT_AGREEMENT_MAKE: Right((R.ADMINISTRATOR,), fresh=True, agreement=False),
    P.UNIT_AGREEMENT_READ: Right((R.ADMINISTRATOR,), agreement=False),
    P.UNIT_AGREEMENT_SUSPEND: Right((R.ADMINISTRATOR,), fresh=True, agreement=False),
    P.UNIT_CERTIFICATE_END: Right(_STAFF),
    P.UNIT_CERTIFICATE_READ: Right(_STAFF),
    P.UNIT_CERTIFICATE_REGISTER: Right(_STAFF, fresh=True),
    P.UNIT_COUNTRY_ADD: Right((R.ADMINISTRATOR, R.SERVICE_ENROLMENT)),
    P.UNIT_COUNTRY_SET: Right((R.ADMINISTRATOR,), fresh=True),
    P.UNIT_DIRECTORY_READ: Right(_EVERYBODY),
    P.UNIT_UNIT_ADD: Right((R.ADMINISTRATOR, R.SERVICE_ENROLMENT)),
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    role: frozenset(permission for permission, right in RIGHTS.items() if role in right.roles)
    for role in Role
}
