"""Pages pass the guard of what turns a text; files and JSON do not, because they carry a name exactly."""

import pytest
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from factories.cases import opened_case
from factories.clients import browser, terminal
from factories.people import add_person, add_unit
from vigie.interfaces.web.hidden_characters import HiddenCharacters

NAME = "photo\u202egpj.exe"
CODED = "photo[U+202E]gpj.exe"


def through(response: HttpResponseBase) -> HttpResponseBase:
    return HiddenCharacters(lambda request: response)(HttpRequest())


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "text/html"])
def test_a_page_shows_the_code(kind: str) -> None:
    assert through(HttpResponse(NAME, content_type=kind)).content.decode() == CODED  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["text/csv; charset=utf-8", "text/plain", "application/octet-stream"])
def test_a_file_carries_the_name_as_it_is(kind: str) -> None:
    assert through(HttpResponse(NAME, content_type=kind)).content.decode() == NAME  # type: ignore[attr-defined]
    assert through(JsonResponse({"name": NAME})).content  # type: ignore[attr-defined]


def test_what_is_streamed_is_no_page() -> None:
    streamed = StreamingHttpResponse(iter([NAME.encode()]), content_type="text/html")
    assert through(streamed) is streamed
    assert b"".join(streamed.streaming_content) == NAME.encode()


@pytest.mark.usefixtures("database")
def test_the_program_s_own_pages_pass_through_it() -> None:
    add_unit("alv", "ALV")
    ines = add_person("ines", "alv")
    case = opened_case(ines.actor, title=NAME, legal_basis="seizure")
    page = browser(ines).get(f"/cases/{case}/")
    assert page.status_code == 200
    assert CODED in page.content.decode()
    assert NAME not in page.content.decode()
    assert int(page.headers["Content-Length"]) == len(page.content)
    assert terminal(ines).get(f"/api/v1/cases/{case}").json()["title"] == NAME
