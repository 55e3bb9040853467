"""A small real server for the front end's own tests: the parts with sample context, strict headers, and the upload contract.

Run as a script: `python tests/frontend/gallery_server.py`; it prints its address and serves until it is ended.
It needs no database. The submission and upload addresses answer by the agreed protocol and keep what they got in memory,
so that a browser test can compare it with what was chosen.
"""

import io
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django import forms
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import engines
from django.urls import path
from django.utils import translation
from django.views.static import serve
from upload_contract import (
    FAULTS,
    LOOKS,
    close,
    manifest,
    state,
    submission,
    submissions,
    upload_part,
    uploads,
)

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))
WEB = ROOT / "src/vigie/interfaces/web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"


def shell(request):
    """The context every page gets, as the product's own processor gives it."""
    return {
        "actor": SimpleNamespace(name="Ines Dorval"),
        "unit": SimpleNamespace(name="Alvania · National Victim Identification Unit", country="Alvania"),
        "nav_counts": {"cases": 12004, "matches": 5},
        "languages": [("en", "English"), ("fr", "Français"), ("es", "Español"), ("ar", "العربية")],
        "theme": request.GET.get("theme") or request.COOKIES.get("vigie_theme", "auto"),
        "is_demo": True,
        "installation": {
            "name": "ALV-1",
            "version": "0.1.0",
            "log": "verified 06:00 UTC",
            "key": "7F3A 91C4 D20E",
        },
    }


if __name__ == "__main__":
    settings.configure(
        DEBUG=False,
        SECRET_KEY="only for the gallery",
        VIGIE=SimpleNamespace(providers={}),
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="__main__",
        DATA_UPLOAD_MAX_MEMORY_SIZE=None,
        USE_TZ=True,
        USE_I18N=True,
        LANGUAGES=[("en", "English"), ("fr", "Français"), ("es", "Español"), ("ar", "العربية")],
        LOCALE_PATHS=[ROOT / "src/vigie/locale"],
        STATIC_URL="/static/",
        INSTALLED_APPS=["django.contrib.staticfiles", "allauth"],
        MIDDLEWARE=["__main__.StrictHeaders"],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [WEB / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {
                    "builtins": ["vigie.interfaces.web.templatetags.vigie_ui"],
                    "libraries": {"sign_in_ways": "vigie.interfaces.web.templatetags.sign_in_ways"},
                    "context_processors": ["django.template.context_processors.request", "__main__.shell"],
                },
            }
        ],
    )
    django.setup()


class StrictHeaders:
    """The language asked for, and the product's policy on every answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        language = request.GET.get("lang") or request.COOKIES.get("lang", "en")
        with translation.override(language):
            response = self.get_response(request)
        policy = WORKER_POLICY if "hash-worker" in request.path else POLICY
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.set_cookie("lang", language)
        return response


class SignIn(forms.Form):
    login = forms.CharField(label="Service number")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)


class Code(forms.Form):
    code = forms.CharField(label="Six-digit code", help_text="From your authenticator.")
    secret = "JBSWY3DPEHPK3PXP"


def drawn_room(width: int, height: int, grey: bool) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (600, 400), "#c8d8e0")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 280, 600, 400), fill="#8a7a66")
    draw.rectangle((60, 60, 220, 200), fill="#f4f8fa", outline="#445566", width=6)
    draw.rectangle((380, 190, 520, 300), fill="#b06040")
    draw.ellipse((300, 80, 350, 130), fill="#f0c040")
    image = image.resize((width, height))
    out = io.BytesIO()
    (image.convert("L") if grey else image).save(out, "PNG")
    return out.getvalue()


def page(request, source: str, **context):
    return HttpResponse(engines["django"].from_string(source).render(context, request))


def sample():
    now = datetime(2026, 11, 21, 13, 2, 44, tzinfo=UTC)
    veil = "/veil"
    tiles = [
        {
            "src": veil,
            "kind": "photo",
            "width": 1600,
            "height": 1200,
            "taken": now,
            "href": "#",
            "marks": ["match"],
        },
        {"src": veil, "kind": "photo", "stack": 12, "marks": ["note"]},
        {"src": veil, "kind": "video", "duration": "0:42", "marks": ["mute"], "selected": "yes"},
        {"src": veil, "kind": "photo", "decision": "2", "caption": "Cat. B"},
        {"src": veil, "kind": "photo", "decision": "0", "caption": "Not relevant"},
        {"state": "contact_only", "kind": "photo", "caption": "Ask Drevia"},
        {"state": "waiting", "kind": "photo", "caption": "Waits"},
        {"state": "unreadable", "kind": "file", "caption": "Kept in report"},
    ]
    stages = {
        "hashed": {"done": 12004, "total": 12004},
        "checked": {"done": 12004, "total": 12004},
        "sent": {"done": 1786, "total": 4031},
        "verified": {"done": 1742, "total": 4031},
        "analysed": {"done": 1610, "total": 4031},
        "matched": {"done": 0, "total": 4031},
    }
    contact = {
        "name": "Borduvia Child Protection Unit",
        "place": "Zelm",
        "role": "owner of M-41877",
        "now": "11:42",
        "hours": "until 18:00",
        "languages": "Borduvian, English, French",
        "phone": "+000 31 4410",
    }
    return {
        "now": now,
        "soon": now + timedelta(hours=4),
        "later": now + timedelta(days=9),
        "early": now - timedelta(days=2),
        "tiles": tiles,
        "stages": stages,
        "contact": contact,
        "filters": [
            {"label": "All", "href": "#", "current": True, "count": 9},
            {"label": "New", "href": "#", "count": 5},
        ],
        "tabs": [
            {"label": "Clues", "href": "#", "current": True},
            {"label": "Notes", "href": "#", "count": 2},
        ],
        "facts": [("Size", "1600 × 1200 · 412 KB"), ("Sound", "none"), ("Taken", "not stated")],
    }


HOME = """{% extends "base.html" %}{% block title %}Home{% endblock %}{% block content %}
<header class="stack s1"><h1>Good morning, Ines</h1><p class="muted">{% local_time now %} · three things wait for you</p></header>
<section class="card continue"><span class="where">{% icon "case" %}</span><div class="stack s1 grow"><p><span class="muted">Where you stopped</span> <b class="m">Case <bdi>ALV-2026-1187</bdi></b></p><div class="row"><div class="track"><i class="v36"></i></div><span class="xs muted num">231 of 640 matched</span></div></div><a class="btn primary" href="/cases/">Continue{% icon "arrow" "s" %}</a></section>
<div class="cols-3 even">
<section class="card">{% card_header "Asked of me" count=3 href="#" link="All requests" %}<ul class="list"><li><a class="item" href="#"><span class="t">Which region uses this street sign?</span>{% clock_chip soon early now %}<span class="d">Cassen NCB · series <bdi>S-31</bdi></span></a></li><li><a class="item" href="#"><span class="t">Is this dialect spoken in the north?</span>{% clock_chip later early now %}<span class="d">Estmark</span></a></li><li><a class="item" href="#"><span class="t">Confirm the link</span>{% clock_chip early early now %}<span class="d">second person needed</span></a></li></ul></section>
<section class="card">{% card_header "New matches" count=5 count_is="new" href="#" link="All matches" %}<ul class="list"><li><a class="item" href="#"><span class="t"><bdi>S-20</bdi> “Blue tiles” · same picture</span><span class="xs muted">{% local_time early "relative" %}</span><span class="d">Borduvia · {% answer_chip "full" %}</span></a></li></ul></section>
<section class="card">{% card_header "Answers" %}<div class="body row tight">{% answer_chip "own" %}{% answer_chip "full" %}{% answer_chip "contact_only" %}{% answer_chip "silent" %}</div></section></div>
<div class="main-side"><div class="stack s4"><section class="card">{% card_header "Working through 12,004 files" extra="first answer after 2 s" %}<div class="body">{% stage_meter stages %}</div></section>
<section class="card"><header><h2>Files</h2></header><div class="body">{% filter_chips filters "Show" %}</div>{% table label="Files" %}<thead><tr><th>File</th><th class="r">Size</th><th>State</th></tr></thead><tbody><tr><td><bdi class="mono">DCIM/104/IMG_2231.JPG</bdi></td><td class="r num">3.1 MB</td><td>Matched</td></tr><tr><td><bdi class="mono">WORK/صورة 14.jpg</bdi></td><td class="r num">1.2 MB</td><td>known</td></tr></tbody>{% endtable %}{% pages previous="#" next="#" shown="1–50" %}</section>
<ul class="grid">{% for tile in tiles %}<li>{% veiled_tile tile %}</li>{% endfor %}</ul></div>
<aside class="stack s4">{% contact_card contact "#" %}<section class="card"><div class="body stack s3">{% key_values facts %}{% tabs tabs "About" %}{% note "info" "Cassen works on the same place." "Speak before you act." %}{% note "ok" "Series is identified." %}{% note "caution" "Your certificate ends in 20 days." %}{% note "error" "The note was not saved." "It is safe on this computer." %}<div class="row tight">{% button "Confirm" kind="primary" key="Enter" %}{% button "Ask" href="#" icon="consult" kind="small" %}{% button "Destroy the key" kind="grave" %}</div>{% button "Publish" disabled_because="two facts are missing" %}<p class="row tight nowrap"><bdi class="mono">7f3a91c4d20e5b08</bdi>{% copy_button "7f3a91c4d20e5b08" %}</p></div></section></aside></div>
{% endblock %}"""

EXHIBIT = """{% extends "base.html" %}{% block title %}Exhibit 3{% endblock %}{% block content %}
<header class="stack s2"><p class="crumbs"><a href="/cases/">Cases</a> / <bdi>ALV-2026-1187</bdi></p><div class="row"><h1>Exhibit <bdi>3</bdi>, portable drive</h1></div></header>{% upload_panel panel %}{% endblock %}"""

MATCH = """{% extends "base_desk.html" %}{% block title %}Match{% endblock %}
{% block desk_head %}<div class="row tight nowrap"><a class="btn quiet icon small" href="/matches/" aria-label="Back">{% icon "back" %}</a><h1><bdi>M-58821</bdi></h1>{% copy_button "M-58821" %}<span class="row tight xs">{% decision "2" "Cat. B" %}</span></div>{% endblock %}
{% block work %}<div class="heads"><p class="xs"><b>A</b> This item</p><p class="xs"><b>B</b> M-41877</p></div>
<div class="panes">{% clear_view a %}{% clear_view b %}</div>
<div class="panetools"><button class="btn small push" type="button" data-hold-for="view-a view-b" aria-pressed="false" data-word-hold="Hold to reveal both" data-word-press="Press to reveal both">{% icon "eye" "s" %}<span data-part="hold-word">Hold to reveal both</span><kbd>R</kbd></button></div>{% tabs tabs "About" %}{% endblock %}
{% block side %}<aside class="why" aria-label="Reasons"><section class="stack s2"><div class="row tight nowrap"><h2>Same picture?</h2><span class="push">{% answer_chip "full" %}</span></div><p class="xs muted">A candidate until a person confirms it.</p></section><section class="stack s2"><h3>For</h3><ul class="reasons"><li class="for">{% icon "plus" "s" %}<span>Distance 4; up to 31 counts</span></li></ul></section>{% answer_levels "full" %}{% contact_card contact "#" %}{% clear_view c %}</aside>{% endblock %}
{% block actbar %}<footer class="actbar verdict" role="toolbar" aria-label="Your verdict"><span class="xs nowrap"><b>Your verdict</b></span><button class="act set"><kbd>S</kbd>Same item</button><button class="act set" aria-pressed="true"><kbd>P</kbd>Same place</button><button class="act set"><kbd>U</kbd>Cannot tell</button></footer>{% endblock %}"""

EMPTY = """{% extends "base.html" %}{% block title %}Empty{% endblock %}{% block page_class %}middle{% endblock %}{% block content %}{% include "ui/empty.html" with heading="h1" scene="lamp" title="No case yet" text="A case holds exhibits, and an exhibit holds what was found on it." href="#" link="Open a case" %}{% endblock %}"""


def home(request):
    return page(request, HOME, **sample())


def empty(request):
    return page(request, EMPTY)


def exhibit(request):
    panel = {
        "case": "C-1",
        "exhibit": request.GET.get("exhibit", "E-1"),
        "endpoint": "/api/v1/submissions",
        "tus": "/api/v1/uploads/",
        "action": "/plain",
    }
    return page(request, EXHIBIT, panel=panel)


def view_of(name: str, **more):
    return {
        "id": f"view-{name}",
        "src": "/veil",
        "alt": "Photo, veiled",
        "clear": f"/clear/{name}",
        "looked": f"/looked/{name}",
        "reason_endpoint": "/reason",
        "reasons": [("review", "Review of the exhibit"), ("court", "Order of a court")],
        "reason_scope": "case-1",
        "sign_in_again": "/sign-in",
        **more,
    }


def match(request):
    context = sample() | {
        "a": view_of("a", frame="pane", hold_key="yes"),
        "b": view_of("b", frame="pane", hold_key="yes"),
        "c": view_of("c", own_button="yes"),
    }
    return page(request, MATCH, **context)


def named(template: str, **context):
    return lambda request: render(request, template, context)


def picture(request):
    return HttpResponse(drawn_room(96, 64, grey=True), content_type="image/png")


def clear(request, name):
    LOOKS.append(f"clear {name}")
    time.sleep(FAULTS["slow"])
    if not FAULTS["reason_open"]:
        return JsonResponse({"code": "reason-missing"}, status=403)
    return HttpResponse(
        drawn_room(1200, 800, grey=False), content_type="image/png", headers={"Cache-Control": "no-store"}
    )


def looked(request, name):
    LOOKS.append(f"looked {name} {json.loads(request.body)['seconds']}")
    return HttpResponse(status=204)


def reason(request):
    FAULTS["reason_open"] = True
    LOOKS.append(f"reason {request.POST['reason']}")
    return JsonResponse({})


QR = "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M1 1h3v3H1zM5 1h3v3H5zM1 5h3v3H1zM6 6h1v1H6z'/></svg>"
urlpatterns = [
    path("", home),
    path("cases/", home),
    path("empty", empty),
    path("exhibits/1/", exhibit),
    path("matches/1/", match),
    path(
        "sign-in",
        named("account/login.html", form=SignIn(), PASSKEY_LOGIN_ENABLED=False),
        name="account_login",
    ),
    path(
        "sign-in-bad", lambda request: render(request, "account/login.html", {"form": SignIn({"login": "x"})})
    ),
    path(
        "second-factor",
        named("mfa/authenticate.html", form=Code(), MFA_SUPPORTED_TYPES=["totp"]),
        name="mfa_authenticate",
    ),
    path(
        "totp",
        named("mfa/totp/activate_form.html", form=Code(), totp_svg_data_uri=QR),
        name="mfa_activate_totp",
    ),
    path("totp-off", named("mfa/totp/deactivate_form.html", form=forms.Form()), name="mfa_deactivate_totp"),
    path(
        "codes",
        named(
            "mfa/recovery_codes/index.html",
            unused_codes=["1a2b3c4d"] * 8,
            total_count=10,
            can_view_codes=True,
            can_download_codes=True,
            can_generate_codes=True,
        ),
        name="mfa_view_recovery_codes",
    ),
    path(
        "codes/new",
        named("mfa/recovery_codes/generate.html", form=forms.Form(), unused_code_count=8),
        name="mfa_generate_recovery_codes",
    ),
    path("codes/file", named("500.html"), name="mfa_download_recovery_codes"),
    path(
        "second-factors",
        named(
            "mfa/index.html",
            MFA_SUPPORTED_TYPES=["totp", "recovery_codes"],
            authenticators={"totp": 1, "recovery_codes": 1},
            is_mfa_enabled=True,
        ),
        name="mfa_index",
    ),
    path(
        "again",
        named(
            "account/reauthenticate.html",
            form=SignIn(),
            reauthentication_alternatives=[{"url": "#", "description": "Use your authenticator"}],
        ),
    ),
    path("again-code", named("mfa/reauthenticate.html", form=Code())),
    path("sign-out", named("account/logout.html"), name="account_logout"),
    path("other-allauth", named("account/password_change.html", form=SignIn())),
    path("language", named("500.html"), name="set_language"),
    path("find", home, name="search"),
    *[
        path(f"error/{code}", named(f"errors/{code}.html", request_id="8c1e-40"))
        for code in ("400", "403", "403_csrf", "404", "409", "500", "503")
    ],
    path("veil", picture),
    path("clear/<name>", clear),
    path("looked/<name>", looked),
    path("reason", reason),
    path("api/v1/submissions", submissions),
    path("api/v1/submissions/<found>/manifest", manifest),
    path("api/v1/submissions/<found>/close", close),
    path("api/v1/submissions/<found>", submission),
    path("api/v1/uploads/", uploads),
    path("api/v1/uploads/<found>", upload_part),
    path("_state", state),
    path("static/build/<path:path>", serve, {"document_root": WEB / "static/build"}),
    path(
        "static/django_htmx/<path:path>",
        serve,
        {"document_root": Path(__import__("django_htmx").__file__).parent / "static/django_htmx"},
    ),
]


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    from django.core.handlers.wsgi import WSGIHandler

    server = make_server("127.0.0.1", 0, WSGIHandler(), Server, QuietHandler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
