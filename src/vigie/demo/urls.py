"""The addresses of the demonstration, below `/demo/`; importing them anywhere else fails."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, path

from vigie.demo import sign_in
from vigie.demo.tour import web as tour

if not settings.VIGIE_HOME.is_demo:
    raise ImproperlyConfigured("the one-click sign-in loads only in a home that `vigie demo` made")

app_name = "demo"
urlpatterns: list[URLPattern] = [
    path("", sign_in.people, name="people"),
    path("enter/", sign_in.enter, name="enter"),
    path("confirm/", sign_in.confirm, name="confirm"),
    path("tour/", tour.bar, name="tour_bar"),
    path("tour/hand-in/", tour.hand_in, name="tour_hand_in"),
    path("tour/end/", tour.end, name="tour_end"),
]
