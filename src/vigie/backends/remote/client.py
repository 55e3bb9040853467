"""One HTTP client with a token; failures come back as the server's own words (RFC 9457)."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from vigie.backends.remote.login import Login

EXIT_OF_STATUS = {401: 3, 403: 8, 404: 4, 409: 5, 412: 5, 413: 2, 422: 2, 423: 5, 429: 8, 503: 7}
"""Exit codes by HTTP status (design: the command line contract)."""
_SECONDS = httpx.Timeout(60, connect=10)


# not frozen: contextlib sets the trace of an exception that passes through one of its blocks (Python 3.11)
@dataclass(eq=False)
class RemoteProblem(Exception):  # noqa: N818 - it is told to a person, not caught as a bug
    """The server refused, or did not answer."""

    status: int
    """The HTTP status; 0 when there was no answer."""
    title: str
    detail: str
    code: str = ""

    @property
    def exit_code(self) -> int:
        """The command's exit code."""
        return 7 if self.status == 0 else EXIT_OF_STATUS.get(self.status, 1)

    def __str__(self) -> str:
        """Title and detail in one line."""
        return f"{self.title}: {self.detail}" if self.detail else self.title


class Remote:
    """A running Vigie, as one signed-in person; close it, or use it in a `with` block."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def get(self, path: str, **query: Any) -> Any:
        """The JSON answer; RemoteProblem for anything but success."""
        return self._call("GET", path, params={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON answer to a new record, sent once even when it is sent twice; RemoteProblem otherwise."""
        return self._call("POST", path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})

    def upload(self, path: str, facts: dict[str, str], file: Path) -> Any:
        """The JSON answer to a file sent with these facts; RemoteProblem for anything but success."""
        with file.open("rb") as opened:
            return self._call("POST", path, data=facts, files={"file": (file.name, opened)})

    def download(self, path: str) -> bytes:
        """The answer's bytes; RemoteProblem for anything but success."""
        try:
            response = self.http.get(path)
        except httpx.HTTPError as error:
            raise unreachable(self.http, error) from error
        if not response.is_success:
            raise problem_of(response)
        return response.content

    def delete(self, path: str) -> Any:
        """The JSON answer; RemoteProblem otherwise."""
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, **options: Any) -> Any:
        try:
            response = self.http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise unreachable(self.http, error) from error
        if not response.is_success:
            raise problem_of(response)
        return _told(response) if response.content else None


def unreachable(http: httpx.Client, error: Exception) -> RemoteProblem:
    """The failure of a server that does not answer."""
    return RemoteProblem(0, f"{http.base_url} does not answer", f"{error or type(error).__name__}")


def odd_answer(address: httpx.URL, status: int = 200) -> RemoteProblem:
    """The failure of whatever answers at this address, and not as this program does."""
    told = f"{address.copy_with(path='/', query=None)} does not answer as a Vigie does"
    return RemoteProblem(status, told, "Look whether the address is right, and what stands in between.")


def _told(response: httpx.Response) -> Any:
    """The JSON of an answer; RemoteProblem for anything else: a gateway or another program may answer in its place."""
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        raise odd_answer(response.url, response.status_code) from error


def problem_of(response: httpx.Response) -> RemoteProblem:
    """The failure an answer tells of, in the server's words where it gives any."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return RemoteProblem(response.status_code, f"the server answered {response.status_code}", "")
    return RemoteProblem(
        response.status_code,
        str(body.get("title", "")),
        str(body.get("detail", "")),
        str(body.get("code", "")),
    )


def open_remote(server: str, login: Login | None, *, language: str) -> Remote:
    """A client for this server, signed in when there is a sign-in; answers come in this language."""
    headers = {"Accept": "application/json", "Accept-Language": language}
    if login is not None:
        headers["Authorization"] = f"Bearer {login.token}"
    return Remote(httpx.Client(base_url=server, headers=headers, timeout=_SECONDS, trust_env=False))
