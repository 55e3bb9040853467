"""The API: the rooms' routers under one roof, problem+json for every failure, OpenAPI 3.1."""

from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from vigie.interfaces.web.errors import known, problem, respond
from vigie.kernel.errors import Invalid, NotFound, NotSignedIn, VigieError

api = NinjaAPI(title="Vigie", version="1", urls_namespace="api", docs_url=None, openapi_url="/openapi.json")


@api.exception_handler(VigieError)
def on_failure(request: HttpRequest, error: VigieError) -> HttpResponse:
    """A failure that knows its words; kept for the block around the view, which rolls back first."""
    request.vigie_failure = error  # type: ignore[attr-defined]  # read by the ActorBlock middleware
    return respond(request, error)  # type: ignore[return-value]  # JSON for every address below /api/


@api.exception_handler(DataError)
def on_unstorable(request: HttpRequest, error: DataError) -> HttpResponse:
    """A text PostgreSQL cannot keep: too long, or with a NUL character."""
    return on_failure(request, known(error) or VigieError())


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A request whose shape is wrong, with a pointer to each fault (RFC 6901)."""
    body = problem(Invalid())
    body["errors"] = [
        {"pointer": "/" + "/".join(str(part) for part in fault["loc"][1:]), "detail": fault["msg"]}
        for fault in error.errors
    ]
    return JsonResponse(body, status=422, content_type="application/problem+json")


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The framework's own refusals, in the same form."""
    request.vigie_broken = True  # type: ignore[attr-defined]  # read by the ActorBlock middleware, which rolls back
    failure: VigieError = {401: NotSignedIn(), 404: NotFound()}.get(error.status_code, Invalid(str(error)))
    body = problem(failure) | {"status": error.status_code}
    return JsonResponse(body, status=error.status_code, content_type="application/problem+json")


def mount() -> None:
    """The rooms' routers hang under the API; called once by the address map."""
    from vigie.rooms.accounts.api import router as accounts
    from vigie.rooms.approvals.api import router as approvals
    from vigie.rooms.cases.api import router as cases
    from vigie.rooms.intake.api import router as intake
    from vigie.rooms.matching.api import router as matching
    from vigie.rooms.oversight.api import router as oversight
    from vigie.rooms.partners.api import router as partners
    from vigie.rooms.retention.api import router as retention
    from vigie.rooms.series.api import router as series
    from vigie.rooms.units.api import router as units

    for router in (
        accounts,
        approvals,
        cases,
        intake,
        matching,
        oversight,
        partners,
        retention,
        series,
        units,
    ):
        api.add_router("", router)
