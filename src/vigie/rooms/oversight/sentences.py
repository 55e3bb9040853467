"""Every act as a sentence: what the log's page says of a permission's use, in four languages."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.kernel.permissions import Permission

P = Permission

DONE: dict[P, Promise] = {
    P.ACCOUNT_CERTIFICATE_GRANT: _("granted a certificate"),
    P.ACCOUNT_CERTIFICATE_REVOKE: _("ended a certificate"),
    P.ACCOUNT_PASSWORD_SET: _("set their password"),
    P.ACCOUNT_PREFERENCES_SET: _("changed language or appearance"),
    P.ACCOUNT_ROLE_GRANT: _("gave a person a role"),
    P.ACCOUNT_ROLE_REVOKE: _("took a role from a person"),
    P.ACCOUNT_SESSION_OPEN: _("signed in"),
    P.ACCOUNT_SESSION_REFUSE: _("failed to sign in"),
    P.ACCOUNT_TOKEN_ISSUE: _("opened a command-line sign-in"),
    P.ACCOUNT_TOKEN_REVOKE: _("ended command-line sign-ins"),
    P.ACCOUNT_USER_ADD: _("added a person"),
    P.ACCOUNT_USER_READ: _("read the list of people"),
    P.AUDIT_LOG_EXPORT: _("exported the log"),
    P.AUDIT_LOG_READ: _("read the log"),
    P.CASE_CASE_OPEN: _("opened a case"),
    P.CASE_CASE_READ: _("read a case"),
    P.CASE_EXHIBIT_ADD: _("added an exhibit"),
    P.CASE_HOLD_SET: _("put a case on legal hold, or lifted one"),
    P.CASE_OUTCOME_SET: _("said whether a case is relevant"),
    P.ERASURE_CONTENT_ORDER: _("ordered an erasure"),
    P.ERASURE_CONTENT_PERFORM: _("carried out an erasure"),
    P.ERASURE_RECORD_READ: _("read the record of erasures"),
    P.INTAKE_FILE_RECORD: _("recorded files of a submission"),
    P.INTAKE_FILE_SEND: _("sent a file"),
    P.INTAKE_SUBMISSION_CLOSE: _("closed a submission"),
    P.INTAKE_SUBMISSION_OPEN: _("opened a submission"),
    P.INTAKE_SUBMISSION_READ: _("read a submission"),
    P.LIST_LIST_ADD: _("added a known list"),
    P.LIST_LIST_READ: _("read the known lists"),
    P.MATCH_ANSWER_RECORD: _("recorded answers about what others hold"),
    P.MATCH_CANDIDATE_READ: _("read a match"),
    P.MATCH_LOOKUP_ASK: _("looked up hashes"),
    P.MATCH_LOOKUP_RELEASE: _("released look-ups in bulk, or took a release back"),
    P.MATCH_NOTICE_DELIVER: _("told an owner that something they hold was asked about"),
    P.MATCH_NOTICE_SEE: _("read a notice about something their unit holds"),
    P.MATCH_VERDICT_GIVE: _("gave a verdict on a match"),
    P.MATCH_WITHDRAWAL_TELL: _("took back what was told of an erased item"),
    P.MEDIA_CLEAR_VIEW: _("opened a picture clearly"),
    P.MEDIA_ORIGINAL_EXPORT: _("exported an original"),
    P.MEDIA_ORIGINAL_PROCESS: _("processed an original"),
    P.MEDIA_VEIL_VIEW: _("saw veiled pictures"),
    P.MEDIA_VISIBILITY_TIGHTEN: _("narrowed who sees a content"),
    P.RETENTION_CLOCK_RUN: _("looked at the clocks of cases"),
    P.RETENTION_REVIEW_ANSWER: _("answered whether a case is kept longer"),
    P.SERIES_MEMBERSHIP_ADD: _("added an item to a series"),
    P.SERIES_SERIES_CREATE: _("created a series"),
    P.SERIES_SERIES_READ: _("read a series"),
    P.SYSTEM_HEALTH_READ: _("read the state of the system"),
    P.UNIT_COUNTRY_ADD: _("let a country take part"),
    P.UNIT_DIRECTORY_READ: _("read the directory"),
    P.UNIT_UNIT_ADD: _("let a unit take part"),
}
"""What was done, to follow the name of who did it."""
