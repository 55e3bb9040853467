"""The address map of `vigie up`. The demonstration's one-click sign-in is not in it: see `vigie.demo.urls`."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, include, path

from vigie.interfaces.api.root import api, mount
from vigie.interfaces.web import errors
from vigie.interfaces.web.sign_in import urlpatterns as sign_in
from vigie.rooms.accounts import web as accounts

mount()


def health(request: HttpRequest) -> JsonResponse:
    """The web server answers; nothing is said about anything else."""
    _ = request
    return JsonResponse({"ready": True})


urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("api/v1/", api.urls),
    path("enrol/<str:code>/", accounts.enrol, name="enrol"),
    path("preferences/", accounts.preferences, name="preferences"),
    path("language/", accounts.set_language, name="set_language"),
    *sign_in,
]

if settings.VIGIE_IS_DEMO:
    urlpatterns.append(path("demo/", include("vigie.demo.urls")))

handler404 = errors.not_found
handler500 = errors.server_error
