"""Every option of Vigie, with its type, its default and one sentence about it.

Order of precedence, strongest first: environment (`VIGIE_*`), `vigie.toml` in the home folder, the profile's defaults.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from vigie.config.doors import ClientCertificateSettings, ProviderName, ProviderSettings
from vigie.config.problems import SetupProblem
from vigie.config.profiles import Profile, profile_defaults

SETTINGS_FILE = "vigie.toml"
PREFIX = "VIGIE_"
NOTHING_CHANGED = "Nothing was started and nothing was changed."


class ProcessKind(StrEnum):
    """What a process of Vigie is for; it decides the database role it connects with."""

    COMMAND = "command"
    MIGRATE = "migrate"
    WEB = "web"
    WORKER = "worker"
    MATCHER = "matcher"


class PassphraseSource(StrEnum):
    """Where the passphrase that opens the wrapping keys comes from."""

    PROMPT = "prompt"
    FILE_DESCRIPTOR = "fd"
    SYSTEMD_CREDENTIAL = "credential"
    ENVIRONMENT = "environment"
    """Accepted in a demonstration home only."""


class TokenSettings(BaseModel):
    """Where the wrapping keys of one country are, when they are in a PKCS#11 token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    module: Path
    """The PKCS#11 library of the token's maker."""
    token: str
    """The token's label."""
    pin_file: Path | None = None
    """A file with its PIN, closed to other users."""
    pin_credential: str | None = None
    """A systemd credential with its PIN."""


def default_home() -> Path:
    """The home folder used when none is named: the platform's user data folder, for root `/var/lib/vigie`."""
    if os.geteuid() == 0:
        return Path("/var/lib/vigie")
    return platformdirs.user_data_path("vigie", appauthor=False)


def default_demo_home() -> Path:
    """The home folder of a demonstration when none is named: beside the real one, never the same."""
    usual = default_home()
    return usual.with_name(f"{usual.name}-demo")


class Settings(BaseSettings):
    """All settings of one process; they never change while it runs."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", validate_default=True, env_ignore_empty=True
    )

    home: Annotated[Path, Field(default_factory=default_home)]
    """The one folder that holds all state of this installation."""
    profile: Profile = Profile.EMBEDDED
    """Which set of defaults applies: `embedded` (one machine) or `scaled` (shared PostgreSQL)."""
    process: ProcessKind = ProcessKind.COMMAND
    """What this process is for; set by `vigie up` for its children, never by hand."""
    database_url: SecretStr | None = None
    """Administrative URL of a PostgreSQL ≥ 15 to use instead of the embedded one; used to create roles and to migrate."""
    database_name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")] = "vigie"
    """Name of the database inside the PostgreSQL server."""
    database_connections: Annotated[int, Field(ge=10, le=2000)] = 60
    """Most connections the embedded PostgreSQL accepts at one time."""
    address: IPv4Address | IPv6Address = IPv4Address("127.0.0.1")
    """The network address the web server listens on."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8460
    """The TCP port the web server listens on."""
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1", "localhost", "[::1]")
    """Host names under which the web server answers."""
    public_address: Annotated[str, Field(pattern=r"^(https://[A-Za-z0-9.:\[\]-]+)?$")] = ""
    """Address people come by where a proxy ends TLS in front, as `https://vigie.police.example`; none: HTTP on this machine."""
    web_threads: Annotated[int, Field(ge=1, le=256)] = 8
    """Threads of the web server; each may hold one database connection."""
    web_longest_request: Annotated[int, Field(ge=5, le=3600)] = 120
    """Seconds a request may take; a stopping web server waits this long before it is cut off."""
    worker_concurrency: Annotated[int, Field(ge=1, le=256)] = 2
    """Jobs one worker process runs at the same time."""
    match_delay_seconds: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """Most seconds an owner waits to be told of a match; the moment is drawn at random, so that it tells nothing."""
    matcher_homes: Annotated[tuple[Path, ...], NoDecode] = ()
    """Home folders of matchers that answer for a part of known media each, part 1 first; none: this home's answers for all."""
    lookups_person_day: Annotated[int, Field(ge=0, le=10**9)] = 250_000
    """Hashes one person may look up in a day (UTC) without a supervisor's release."""
    lookups_unit_day: Annotated[int, Field(ge=0, le=10**10)] = 1_000_000
    """Hashes the people of one unit together may look up in a day (UTC) without a supervisor's release."""
    lookups_release_alone: Annotated[int, Field(ge=0, le=10**9)] = 1_000_000
    """Most hashes of a release for looking up in bulk that one supervisor gives alone; a larger one takes two."""
    stamp_authority: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Address of the RFC 3161 time-stamp authority `vigie audit stamp` asks; none: replies are handed in as files."""
    stamp_certificates: Path | None = None
    """PEM file with the certificates time stamps of the log are verified against."""
    backup_horizon_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days after which no backup, and no archive of the database's log, is kept; certificates of erasure name the day."""
    retention_years: Annotated[int, Field(ge=1, le=100)] = 5
    """Years a case may be kept when it is opened; its unit is asked six months before, and may keep it longer."""
    not_relevant_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days after which a case found not relevant is erased; it can be taken back until then."""
    review_days: Annotated[int, Field(ge=1, le=366)] = 90
    """Days after which each person's access must be confirmed again by their gateway; it is suspended otherwise."""
    certificate_days: Annotated[int, Field(ge=1, le=731)] = 731
    """Most days a person's certificate may run: two years at most."""
    session_idle_minutes: Annotated[int, Field(ge=1, le=60)] = 15
    """Minutes without a request after which a browser's sign-in ends."""
    session_hours: Annotated[int, Field(ge=1, le=12)] = 8
    """Hours after which a sign-in ends, however busy it is; browsers and the command line alike."""
    languages: Annotated[tuple[Literal["en", "fr", "es", "ar"], ...], NoDecode] = ("en", "fr", "es", "ar")
    """Languages offered; the first is used when the browser asks for none of them."""
    passphrase_source: PassphraseSource = PassphraseSource.PROMPT
    """Where the passphrase of the wrapping keys comes from: `prompt`, `fd`, `credential` or, in a demonstration, `environment`."""
    passphrase_fd: Annotated[int, Field(ge=3)] | None = None
    """The open file descriptor the passphrase is read from when its source is `fd`."""
    passphrase_credential: str = "vigie-passphrase"  # noqa: S105 - the name of a credential, not its value
    """Name of the systemd credential that holds the passphrase when its source is `credential`."""
    passphrase: SecretStr | None = None
    """The passphrase itself; read only when its source is `environment`, which only a demonstration home accepts."""

    pkcs11: dict[Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")], TokenSettings] = Field(default_factory=dict)
    """Countries whose wrapping keys are in a PKCS#11 token of their own: in `vigie.toml` a table `[pkcs11.FR]` each."""
    providers: dict[ProviderName, ProviderSettings] = Field(default_factory=dict)
    """Providers of OpenID Connect beside the own sign-in: in `vigie.toml` a table `[providers.NAME]` each."""
    client_certificates: ClientCertificateSettings | None = None
    """Client certificates of gateways behind a reverse proxy: in `vigie.toml` the table `[client_certificates]`."""
    backup_recipients: Annotated[tuple[str, ...], NoDecode] = ()
    """Recipients of age (`age1…`) that `vigie backup` seals backups to when none is named on the command line."""

    @field_validator("languages", "allowed_hosts", "matcher_homes", "backup_recipients", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("languages", "allowed_hosts")
    @classmethod
    def _at_least_one(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("name at least one")
        return value

    @field_validator("matcher_homes")
    @classmethod
    def _all_absolute(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(one.expanduser().absolute() for one in value)

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.profile is Profile.SCALED and self.database_url is None:
            raise ValueError("the scaled profile needs database_url: several machines share one PostgreSQL")
        if self.passphrase_source is PassphraseSource.FILE_DESCRIPTOR and self.passphrase_fd is None:
            raise ValueError("passphrase_source is fd, so passphrase_fd must name the descriptor")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources in order of precedence, strongest first."""
        return (
            init_settings,
            env_settings,
            _HomeFile(settings_cls, {**env_settings(), **init_settings()}),
            _ProfileDefaults(settings_cls),
        )


class _HomeFile(TomlConfigSettingsSource):
    """`vigie.toml` in the home folder that the stronger sources name."""

    def __init__(self, settings_cls: type[BaseSettings], stronger: Mapping[str, Any]) -> None:
        home = Path(stronger.get("home") or default_home()).expanduser()
        super().__init__(settings_cls, toml_file=home / SETTINGS_FILE)

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        for option in ("home", "process"):
            if option in values:
                raise ValueError(f"{option} cannot be set in {SETTINGS_FILE}")
        return values


class _ProfileDefaults(PydanticBaseSettingsSource):
    """The defaults of the profile that the stronger sources chose."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - abstract method's signature
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        try:
            profile = Profile(self.current_state.get("profile", Profile.EMBEDDED))
        except ValueError:
            return {}  # the field's own validation names the mistake
        return dict(profile_defaults(profile))


def load_settings(*, home: Path | None = None) -> Settings:
    """The settings of this process, from the environment, `vigie.toml` and the profile.

    `home` overrides the home folder. Raises SetupProblem naming each wrong option and where it may be set;
    a wrong value is never printed, because it may be a secret.
    """
    chosen: dict[str, Any] = {} if home is None else {"home": home}
    try:
        return Settings(**chosen)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'settings'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        )
    except (ValueError, OSError) as error:  # tomllib's errors are ValueErrors; a file may be unreadable
        faults = f"{SETTINGS_FILE}: {error}"
    raise SetupProblem(
        f"The settings cannot be used: {faults}.",
        safe=NOTHING_CHANGED,
        remedy=f"Correct the option in the environment (its name in capitals after {PREFIX}) or in {SETTINGS_FILE} in the home folder.",
    )


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Names in the environment that look like options of Vigie but are none, in alphabetical order."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return tuple(sorted(name for name in environment if name.startswith(PREFIX) and name not in known))
