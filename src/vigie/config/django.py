"""Turns Vigie's settings into Django's. Nothing else in the program reads the environment.

The process kind decides the database roles: the web server, the worker and commands are `app` and own nothing;
the matcher is `matcher`; only `vigie migrate` acts as `owner`, with an administrative connection.
"""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from vigie.backends.postgres import Role, connection_parameters
from vigie.config.home import Home
from vigie.config.schema import ProcessKind, load_settings
from vigie.config.static import static_headers

VIGIE = load_settings()
VIGIE_HOME = Home(VIGIE.home)
VIGIE_IS_DEMO = VIGIE_HOME.is_demo
VIGIE_WRITE_GATE = VIGIE.process is not ProcessKind.MIGRATE

_PACKAGE = Path(__file__).resolve().parent.parent


def _secret(name: str) -> str:
    """A generated secret of this home, or one for this process alone where no home was initialised."""
    try:
        return (VIGIE_HOME.secrets / name).read_text(encoding="ascii").strip()
    except OSError:
        return secrets.token_urlsafe(50)


SECRET_KEY = _secret("django-key")
DEBUG = False
_BEHIND_TLS = bool(VIGIE.public_address)
ALLOWED_HOSTS = [*VIGIE.allowed_hosts, *([urlsplit(VIGIE.public_address).hostname] if _BEHIND_TLS else [])]
ROOT_URLCONF = "vigie.interfaces.web.urls"
WSGI_APPLICATION = "vigie.interfaces.web.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "template_partials",
    "procrastinate.contrib.django",
    "vigie.kernel.apps.KernelConfig",
    "vigie.rooms.units.apps.UnitsConfig",
    "vigie.rooms.accounts.apps.AccountsConfig",
    "vigie.rooms.approvals.apps.ApprovalsConfig",
    "vigie.rooms.cases.apps.CasesConfig",
    "vigie.rooms.media.apps.MediaConfig",
    "vigie.rooms.intake.apps.IntakeConfig",
    "vigie.rooms.matching.apps.MatchingConfig",
    "vigie.rooms.series.apps.SeriesConfig",
    "vigie.rooms.oversight.apps.OversightConfig",
    "vigie.rooms.partners.apps.PartnersConfig",
    "vigie.rooms.retention.apps.RetentionConfig",
    "vigie.interfaces.web.apps.WebConfig",
]
if VIGIE_IS_DEMO:
    INSTALLED_APPS.append("vigie.demo.apps.DemoConfig")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "vigie.interfaces.web.middleware.ResponseHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "vigie.interfaces.web.middleware.PersonLanguage",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "vigie.interfaces.web.hidden_characters.HiddenCharacters",
    "vigie.interfaces.web.middleware.ActorBlock",
]

if _BEHIND_TLS:
    MIDDLEWARE.insert(0, "vigie.interfaces.web.middleware.BehindTls")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_PACKAGE / "interfaces" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["vigie.interfaces.web.templatetags.vigie_ui"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "vigie.interfaces.web.context.shell",
            ],
        },
    }
]


def _database(role: Role) -> dict[str, Any]:
    """Django's parameters for one database role."""
    found = connection_parameters(role, VIGIE)
    options: dict[str, Any] = {name: value for name, value in found.items() if name not in _DJANGO_NAMES}
    if role is not Role.OWNER:
        options["pool"] = {"min_size": 0, "max_size": VIGIE.web_threads + 2, "timeout": 20}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0,
        **{django: found.get(libpq, "") for libpq, django in _DJANGO_NAMES.items()},
    }


_DJANGO_NAMES = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
_DEFAULT_ROLE = {ProcessKind.MIGRATE: Role.OWNER, ProcessKind.MATCHER: Role.MATCHER}

DATABASES = {"default": _database(_DEFAULT_ROLE.get(VIGIE.process, Role.APP))}
if VIGIE.process not in _DEFAULT_ROLE:
    DATABASES |= {
        "plumbing": _database(Role.PLUMBING),
        "auditor": _database(Role.AUDITOR),
        "jobs": _database(Role.JOBS),
    }
DATABASE_ROUTERS = ["vigie.config.routing.PlumbingRouter"]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["vigie.rooms.accounts.backend.PlumbingBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = (
    "vigie.demo.adapter.DemoAccountAdapter"
    if VIGIE_IS_DEMO
    else "vigie.rooms.accounts.adapter.AccountAdapter"
)
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_FORMS = {
    "add_webauthn": "vigie.rooms.accounts.web.passkeys.PasskeyForm",
    "edit_webauthn": "vigie.rooms.accounts.web.passkeys.PasskeyNameForm",
}
MFA_ADAPTER = "vigie.rooms.accounts.adapter.SecondFactorAdapter"
MFA_TOTP_ISSUER = "Vigie"

SESSION_ENGINE = "vigie.rooms.accounts.sessions"
SESSION_COOKIE_AGE = VIGIE.session_hours * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_NAME = "__Host-vigie-session" if _BEHIND_TLS else "vigie-session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _BEHIND_TLS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
VIGIE_SESSION_IDLE_SECONDS = VIGIE.session_idle_minutes * 60
VIGIE_REVIEW_DAYS = VIGIE.review_days
VIGIE_CERTIFICATE_DAYS = VIGIE.certificate_days
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_NAME = "__Host-vigie-csrf" if _BEHIND_TLS else "vigie-csrf"
CSRF_FAILURE_VIEW = "vigie.interfaces.web.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_HSTS_SECONDS = 366 * 24 * 3600 if _BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _BEHIND_TLS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
_NAMES = {"en": _("English"), "fr": _("French"), "es": _("Spanish"), "ar": _("Arabic")}
LANGUAGES = [(code, _NAMES[code]) for code in VIGIE.languages]
LANGUAGE_CODE = VIGIE.languages[0]
LOCALE_PATHS = [_PACKAGE / "locale"]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ADD_HEADERS_FUNCTION = static_headers
WHITENOISE_MAX_AGE = 60
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PROCRASTINATE_ON_APP_READY = "vigie.kernel.jobs.on_ready"
PROCRASTINATE_IMPORT_PATHS = [
    f"vigie.rooms.{room}.tasks" for room in ("intake", "matching", "media", "partners")
]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = None
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]
"""HTTPS ends at the proxy of a real installation: `public_address` in `vigie.toml` names it, and all of these follow."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
