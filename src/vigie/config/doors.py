"""How people reach this installation from outside: through a sign-in provider, behind a gateway's client certificate."""

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")]
ProviderName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that are this machine itself: what is said to them travels over no network."""


def is_guarded_address(text: str) -> bool:
    """True for an address over TLS, or one of this machine itself; False also for what is no address with a host."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class ProviderSettings(BaseModel):
    """A provider of OpenID Connect that may sign in people of one country."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=60)]
    """What its button says: the name people know it by."""
    issuer: Annotated[str, Field(max_length=255)]
    """Its issuer identifier, exactly as it writes it into its tokens."""
    client_id: Annotated[str, Field(min_length=1, max_length=255)]
    """The name this installation is registered by."""
    secret_file: Path | None = None
    """A file with the client's secret, closed to other users."""
    secret_credential: str | None = None
    """A systemd credential with the client's secret."""
    country: CountryCode
    """Whose people it may sign in, and nobody else's."""
    second_factor_acr: tuple[str, ...] = ()
    """Values of `acr` by which it says that a second factor was used."""
    second_factor_amr: tuple[str, ...] = ("mfa",)
    """Values of `amr` by which it says so (RFC 8176); one of either list is enough."""
    authorities: Path | None = None
    """PEM file with the authorities its TLS certificate is verified against; the system's when left out."""

    @field_validator("issuer")
    @classmethod
    def _over_tls(cls, value: str) -> str:
        if not is_guarded_address(value):
            raise ValueError("the issuer is an https address")
        return value

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.secret_file is None) == (self.secret_credential is None):
            raise ValueError("name secret_file or secret_credential, one of the two")
        return self


class ClientCertificateSettings(BaseModel):
    """How a reverse proxy says which client certificate it verified, and whose people must come behind one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    proxies: Annotated[tuple[IPv4Address | IPv6Address, ...], Field(min_length=1)]
    """Addresses the proxy connects from: the word of no other machine counts."""
    header: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{1,60}$")] = "Client-Cert"
    """The field it puts the certificate in: as RFC 9440 writes it, as PEM, or its SHA-256 in hexadecimal."""
    required: tuple[CountryCode, ...] = ()
    """Countries whose people come in behind a registered certificate only; for the others it is off."""
    secret_file: Path | None = None
    """A file with what the proxy sends in the field `Vigie-Proxy`, closed to other users."""
    secret_credential: str | None = None
    """A systemd credential with the same."""

    @property
    def has_secret(self) -> bool:
        """Whether the proxy proves itself by more than its address."""
        return self.secret_file is not None or self.secret_credential is not None
