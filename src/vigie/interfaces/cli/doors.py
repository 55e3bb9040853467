"""What `vigie doctor` says of the ways in: the proxy in front, client certificates, sign-in providers."""

from collections.abc import Iterator

from vigie.backends.openid import AnswerRefused, ProviderAway, discover, open_http
from vigie.config.credentials import read_given_secret
from vigie.config.problems import Finding, SetupProblem, Weight
from vigie.config.schema import Settings


def examine_doors(settings: Settings) -> Iterator[Finding]:
    """Whether the ways in are closed to what they should not let in, and open to what they should."""
    if not settings.address.is_loopback and not settings.public_address:
        yield Finding(
            "address",
            Weight.WARNING,
            f"The server listens on {settings.address} over HTTP: whoever is on that network reads what people send.",
            "Put a proxy that ends TLS in front, and name public_address in vigie.toml.",
        )
    yield from _client_certificates(settings)
    yield from _providers(settings)


def _client_certificates(settings: Settings) -> Iterator[Finding]:
    chosen = settings.client_certificates
    if chosen is None:
        return
    if chosen.has_secret:
        try:
            read_given_secret(chosen.secret_file, chosen.secret_credential, what="The secret of the proxy")
        except SetupProblem as problem:
            yield Finding("client certificates", Weight.FAILURE, problem.what, problem.remedy)
            return
    elif any(one.is_loopback for one in chosen.proxies):
        yield Finding(
            "client certificates",
            Weight.WARNING,
            "The proxy runs on this machine and has no secret: any program here can say it saw a certificate.",
            "Name secret_file in [client_certificates], and let the proxy send it in the field Vigie-Proxy.",
        )
        return
    required = ", ".join(chosen.required) or "nobody"
    yield Finding("client certificates", Weight.FINE, f"Required for people of {required}.")


def _providers(settings: Settings) -> Iterator[Finding]:
    for name, chosen in settings.providers.items():
        subject = f"sign-in provider {name}"
        try:
            read_given_secret(
                chosen.secret_file, chosen.secret_credential, what=f"The secret of the provider {name}"
            )
            with open_http(chosen) as http:
                discover(http, chosen)
        except SetupProblem as problem:
            yield Finding(subject, Weight.FAILURE, problem.what, problem.remedy)
        except (ProviderAway, OSError) as away:
            yield Finding(
                subject, Weight.WARNING, f"{away}. Signing in without it goes on.", "Ask who runs it."
            )
        except AnswerRefused as refused:
            yield Finding(
                subject,
                Weight.FAILURE,
                f"It does not describe itself as {chosen.issuer} over guarded addresses ({refused.reason}).",
                "Write its issuer into vigie.toml exactly as it writes it, or do not use it.",
            )
        else:
            yield Finding(subject, Weight.FINE, f"{chosen.name} answers, for people of {chosen.country}.")
