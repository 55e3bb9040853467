"""Permissions, one alphabetised enum named `area:thing:verb`, and which role holds what.

There is no permission that implies the others, and no role that holds them all.
"""

import enum


class Permission(enum.StrEnum):
    """An act that needs the policy's word."""

    ACCOUNT_ACCESS_CONFIRM = "account:access:confirm"
    ACCOUNT_ACCESS_SUSPEND = "account:access:suspend"
    ACCOUNT_CERTIFICATE_GRANT = "account:certificate:grant"
    ACCOUNT_CERTIFICATE_REVOKE = "account:certificate:revoke"
    ACCOUNT_FACTOR_CHANGE = "account:factor:change"
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
    CASE_EXHIBIT_ADD = "case:exhibit:add"
    CASE_HOLD_SET = "case:hold:set"
    ERASURE_CONTENT_ORDER = "erasure:content:order"
    ERASURE_CONTENT_PERFORM = "erasure:content:perform"
    ERASURE_RECORD_READ = "erasure:record:read"
    INTAKE_FILE_RECORD = "intake:file:record"
    INTAKE_FILE_SEND = "intake:file:send"
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
    MEDIA_KEY_REWRAP = "media:key:rewrap"
    MEDIA_ORIGINAL_CHECK = "media:original:check"
    MEDIA_ORIGINAL_EXPORT = "media:original:export"
    MEDIA_ORIGINAL_PROCESS = "media:original:process"
    MEDIA_VEIL_VIEW = "media:veil:view"
    MEDIA_VISIBILITY_TIGHTEN = "media:visibility:tighten"
    SERIES_MEMBERSHIP_ADD = "series:membership:add"
    SERIES_SERIES_CREATE = "series:series:create"
    SERIES_SERIES_READ = "series:series:read"
    SYSTEM_HEALTH_READ = "system:health:read"
    UNIT_COUNTRY_ADD = "unit:country:add"
    UNIT_DIRECTORY_READ = "unit:directory:read"
    UNIT_UNIT_ADD = "unit:unit:add"


class Role(enum.StrEnum):
    """What a person or a service is in the installation."""

    ADMINISTRATOR = "administrator"
    GATEWAY = "gateway"
    INVESTIGATOR = "investigator"
    OVERSIGHT = "oversight"
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


P = Permission
_EVERYBODY = frozenset(
    {
        P.ACCOUNT_FACTOR_CHANGE,
        P.ACCOUNT_PASSWORD_SET,
        P.ACCOUNT_PREFERENCES_SET,
        P.ACCOUNT_SESSION_END,
        P.ACCOUNT_TOKEN_ISSUE,
        P.ACCOUNT_TOKEN_REVOKE,
        P.APPROVAL_PROPOSAL_APPROVE,
        P.APPROVAL_PROPOSAL_MAKE,
        P.APPROVAL_PROPOSAL_READ,
        P.APPROVAL_PROPOSAL_REFUSE,
        P.APPROVAL_PROPOSAL_WITHDRAW,
        P.UNIT_DIRECTORY_READ,
    }
)
_INVESTIGATOR = _EVERYBODY | {
    P.CASE_CASE_OPEN,
    P.CASE_CASE_READ,
    P.CASE_EXHIBIT_ADD,
    P.ERASURE_RECORD_READ,
    P.INTAKE_FILE_SEND,
    P.INTAKE_SUBMISSION_CLOSE,
    P.INTAKE_SUBMISSION_OPEN,
    P.INTAKE_SUBMISSION_READ,
    P.LIST_LIST_READ,
    P.MATCH_CANDIDATE_READ,
    P.MATCH_LOOKUP_ASK,
    P.MATCH_NOTICE_SEE,
    P.MATCH_VERDICT_GIVE,
    P.MEDIA_CLEAR_VIEW,
    P.MEDIA_VEIL_VIEW,
    P.MEDIA_VISIBILITY_TIGHTEN,
    P.SERIES_MEMBERSHIP_ADD,
    P.SERIES_SERIES_CREATE,
    P.SERIES_SERIES_READ,
}
_STAFF = frozenset(
    {
        P.ACCOUNT_ACCESS_CONFIRM,
        P.ACCOUNT_ACCESS_SUSPEND,
        P.ACCOUNT_CERTIFICATE_GRANT,
        P.ACCOUNT_CERTIFICATE_REVOKE,
        P.ACCOUNT_ROLE_GRANT,
        P.ACCOUNT_ROLE_REVOKE,
        P.ACCOUNT_SESSION_REVOKE,
        P.ACCOUNT_USER_ADD,
        P.ACCOUNT_USER_READ,
    }
)
"""Looking after people. Whose, and that nobody looks after themselves, `rooms/accounts/rules.py` decides."""

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: _EVERYBODY
    | _STAFF
    | {P.ACCOUNT_PERSON_JOIN, P.SYSTEM_HEALTH_READ, P.UNIT_COUNTRY_ADD, P.UNIT_UNIT_ADD},
    Role.GATEWAY: _EVERYBODY | _STAFF,
    Role.INVESTIGATOR: _INVESTIGATOR,
    Role.OVERSIGHT: _EVERYBODY
    | {
        P.AUDIT_CHECKPOINT_PULL,
        P.AUDIT_COSIGNATURE_RECORD,
        P.AUDIT_LOG_EXPORT,
        P.AUDIT_LOG_READ,
        P.AUDIT_STAMP_RECORD,
        P.AUDIT_VIEW_EXPORT,
        P.AUDIT_WITNESS_ADD,
        P.AUDIT_WITNESS_END,
        P.MATCH_CANARY_SEE,
        P.MATCH_DIGEST_EXPORT,
        P.MATCH_DIGEST_SEE,
    },
    Role.SERVICE_DIGEST: frozenset({P.MATCH_DIGEST_COMPUTE}),
    Role.SERVICE_CUSTODY: frozenset({P.MEDIA_KEY_REWRAP, P.MEDIA_ORIGINAL_CHECK}),
    Role.SERVICE_ENROLMENT: frozenset(
        {P.ACCOUNT_ROLE_GRANT, P.ACCOUNT_USER_ADD, P.UNIT_COUNTRY_ADD, P.UNIT_UNIT_ADD}
    ),
    Role.SERVICE_ERASURE: frozenset({P.ERASURE_CONTENT_PERFORM}),
    Role.SERVICE_INTAKE: frozenset({P.INTAKE_FILE_RECORD, P.MEDIA_ORIGINAL_PROCESS}),
    Role.SERVICE_MATCH: frozenset({P.MATCH_ANSWER_RECORD}),
    Role.SERVICE_MATCH_DELIVERY: frozenset(
        {P.MATCH_ALARM_RAISE, P.MATCH_NOTICE_DELIVER, P.MATCH_WITHDRAWAL_TELL}
    ),
    Role.SERVICE_SIGN_IN: frozenset({P.ACCOUNT_SESSION_OPEN, P.ACCOUNT_SESSION_REFUSE}),
    Role.SERVICE_WITNESS: frozenset({P.AUDIT_CHECKPOINT_PULL, P.AUDIT_COSIGNATURE_RECORD}),
    Role.SUPERVISOR: _INVESTIGATOR
    | {
        P.ACCOUNT_USER_READ,
        P.AUDIT_LOG_READ,
        P.AUDIT_VIEW_EXPORT,
        P.CASE_HOLD_SET,
        P.ERASURE_CONTENT_ORDER,
        P.LIST_LIST_ADD,
        P.MATCH_CANARY_PLANT,
        P.MATCH_CANARY_SEE,
        P.MATCH_DIGEST_EXPORT,
        P.MATCH_DIGEST_SEE,
        P.MATCH_LOOKUP_RELEASE,
        P.MATCH_NOTICE_EXPORT,
        P.SYSTEM_HEALTH_READ,
    },
}

NEEDS_CERTIFICATE: frozenset[Permission] = frozenset(
    {
        P.CASE_CASE_OPEN,
        P.CASE_EXHIBIT_ADD,
        P.CASE_HOLD_SET,
        P.ERASURE_CONTENT_ORDER,
        P.INTAKE_FILE_SEND,
        P.INTAKE_SUBMISSION_OPEN,
        P.LIST_LIST_ADD,
        P.MATCH_CANARY_PLANT,
        P.MATCH_CANDIDATE_READ,
        P.MATCH_LOOKUP_ASK,
        P.MATCH_LOOKUP_RELEASE,
        P.MATCH_VERDICT_GIVE,
        P.MEDIA_CLEAR_VIEW,
        P.MEDIA_ORIGINAL_EXPORT,
        P.MEDIA_VEIL_VIEW,
        P.SERIES_MEMBERSHIP_ADD,
        P.SERIES_SERIES_CREATE,
    }
)
"""A role alone opens none of these: the person's certificate must be valid (the second of the four gates)."""

NEEDS_FRESH_SIGN_IN: frozenset[Permission] = frozenset(
    {
        P.ACCOUNT_ACCESS_CONFIRM,
        P.ACCOUNT_CERTIFICATE_GRANT,
        P.ACCOUNT_PERSON_JOIN,
        P.APPROVAL_PROPOSAL_APPROVE,
        P.APPROVAL_PROPOSAL_MAKE,
        P.ACCOUNT_ROLE_GRANT,
        P.AUDIT_LOG_EXPORT,
        P.AUDIT_WITNESS_ADD,
        P.AUDIT_WITNESS_END,
        P.ERASURE_CONTENT_ORDER,
        P.MEDIA_CLEAR_VIEW,
        P.MEDIA_ORIGINAL_EXPORT,
    }
)
"""These need a person's sign-in younger than `policy.FRESH_SIGN_IN` (step-up)."""
