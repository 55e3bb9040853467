"""The address map of `vigie up`. The demonstration's one-click sign-in is not in it: see `vigie.demo.urls`."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, include, path

from vigie.interfaces.api.root import api, mount
from vigie.interfaces.web import errors, home, installation
from vigie.interfaces.web.sign_in import urlpatterns as sign_in
from vigie.rooms.accounts import web as accounts
from vigie.rooms.accounts.web import access, password, people
from vigie.rooms.approvals import web as approvals
from vigie.rooms.cases import web as cases
from vigie.rooms.cases.web import courts
from vigie.rooms.intake import web as intake
from vigie.rooms.intake.api import tus_urls
from vigie.rooms.intake.web import seals
from vigie.rooms.matching import web as matching
from vigie.rooms.matching.web import asked, canaries, unusual
from vigie.rooms.media import web as media
from vigie.rooms.media.web import clear as clear_media
from vigie.rooms.oversight import web as oversight
from vigie.rooms.partners import web as partners
from vigie.rooms.retention import web as retention
from vigie.rooms.units import web as units
from vigie.rooms.units.web import certificates

mount()


def health(request: HttpRequest) -> JsonResponse:
    """The web server answers; nothing is said about anything else."""
    _ = request
    return JsonResponse({"ready": True})


urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    *[path(f"api/v1/{each.pattern}", each.callback, name=each.name) for each in tus_urls],
    path("api/v1/", api.urls),
    path("enrol/<str:code>/", accounts.enrol, name="enrol"),
    path("preferences/", accounts.preferences, name="preferences"),
    path("language/", accounts.set_language, name="set_language"),
    *sign_in,
    path("", home.home, name="home"),
    path("cases/", cases.cases, name="cases"),
    path("cases/open/", cases.open_case, name="case_open"),
    path("cases/<uuid:public_id>/", cases.case, name="case"),
    path("cases/<uuid:public_id>/exhibits/", cases.add_exhibit, name="exhibit_add"),
    path("cases/<uuid:public_id>/hold/", cases.set_hold, name="hold_set"),
    path("cases/<uuid:public_id>/handling/", cases.set_handling, name="case_handling"),
    path("cases/<uuid:public_id>/courts/", cases.propose_court, name="court_open"),
    path("cases/courts/<uuid:public_id>/end/", cases.close_court, name="court_close"),
    path("court/", courts.court_cases, name="court_cases"),
    path("court/cases/<uuid:public_id>/", courts.court_case, name="court_case"),
    path("court/exhibits/<uuid:public_id>/", courts.court_exhibit, name="court_exhibit"),
    path("cases/holds/<uuid:public_id>/lift/", cases.lift_hold, name="hold_lift"),
    path("exhibits/<uuid:public_id>/", intake.exhibit, name="exhibit"),
    path("exhibits/<uuid:public_id>/work/", intake.work, name="exhibit_work"),
    path("exhibits/<uuid:public_id>/sealed/", seals.sealed, name="exhibit_sealed"),
    path("exhibits/<uuid:public_id>/files/", intake.plain_files, name="exhibit_files"),
    path("matches/", matching.matches, name="matches"),
    path("matches/<uuid:public_id>/", matching.match, name="match"),
    path("matches/<uuid:public_id>/ask/", matching.ask, name="match_ask"),
    path("matches/<uuid:public_id>/verdict/", matching.verdict, name="verdict"),
    path("matches/<uuid:public_id>/undo/", matching.undo, name="verdict_undo"),
    path("notices/", matching.notices, name="notices"),
    path("notices/<uuid:public_id>/", matching.notice, name="notice"),
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/<uuid:public_id>/", approvals.proposal, name="approval"),
    path("approvals/<uuid:public_id>/approve/", approvals.approve, name="approval_approve"),
    path("approvals/<uuid:public_id>/refuse/", approvals.refuse, name="approval_refuse"),
    path("approvals/<uuid:public_id>/withdraw/", approvals.withdraw, name="approval_withdraw"),
    path("asked/", asked.asked, name="asked"),
    path("asked/export/", asked.asked_export, name="asked_export"),
    path("asked/lists/", asked.asked_lists, name="asked_lists"),
    path("canaries/", canaries.canary_page, name="canaries"),
    path("canaries/<uuid:public_id>/retire/", canaries.canary_retire, name="canary_retire"),
    path("unusual/", unusual.unusual, name="unusual"),
    path("unusual/export/", unusual.unusual_export, name="unusual_export"),
    path("media/<uuid:public_id>/", media.content, name="content"),
    path("media/<uuid:public_id>/handling/", media.set_handling, name="content_handling"),
    path("media/<uuid:public_id>/reason/", clear_media.reason, name="clear_reason"),
    path("media/<uuid:public_id>/clear/", clear_media.clear, name="clear"),
    path("reviews/", retention.reviews, name="reviews"),
    path("reviews/<uuid:public_id>/", retention.answer, name="review_answer"),
    path("cases/<uuid:public_id>/outcome/", cases.set_outcome, name="case_outcome"),
    path("erasures/", retention.erasures, name="erasures"),
    path("erasures/order/<uuid:case>/", retention.order, name="erasure_order"),
    path("erasures/<uuid:public_id>/", retention.erasure, name="erasure"),
    path("erasures/<uuid:public_id>/certificate/", retention.certificate, name="erasure_certificate"),
    path("partners/", partners.submissions, name="partner_submissions"),
    path("partners/<uuid:public_id>/", partners.submission, name="partner_submission"),
    path("partners/<uuid:public_id>/compare/", partners.compare, name="partner_compare"),
    path("partners/<uuid:public_id>/hashes/", partners.hashes, name="partner_hashes"),
    path("people/", people.people, name="people"),
    path("people/-/add/", people.add_person, name="person_add"),
    path("people/-/review/", people.review, name="people_review"),
    path("people/<str:username>/", people.person, name="person"),
    path("people/<str:username>/act/", people.act, name="person_act"),
    path("people/<str:username>/certificates/", people.certify, name="person_certify"),
    path("access/", access.my_access, name="my_access"),
    path("access/end/", access.end_session, name="session_end"),
    path("access/password/", password.change_password, name="password_change"),
    path("units/", units.units, name="units"),
    path("units/certificates/", certificates.certificates, name="client_certificates"),
    path(
        "units/certificates/<uuid:certificate>/end/",
        certificates.end_certificate,
        name="client_certificate_end",
    ),
    path("agreements/", units.agreements, name="agreements"),
    path("agreements/<uuid:agreement>/<str:act>/", units.change_agreement, name="agreement_change"),
    path("log/", oversight.log, name="log"),
    path("log/export/", oversight.export, name="log_export"),
    path("log/checkpoint/", oversight.checkpoint, name="log_checkpoint_file"),
    path("log/view/<slug:form>/", oversight.export_view, name="log_view_export"),
    path("doctor/", installation.doctor, name="doctor"),
    path("about/", installation.about, name="about"),
    path("help/", installation.help_page, name="help"),
    path("help/problems/<slug:kind>", installation.problem),
    path("help/problems/<slug:kind>/", installation.problem, name="problem"),
]

if settings.VIGIE_IS_DEMO:
    urlpatterns.append(path("demo/", include("vigie.demo.urls")))

handler404 = errors.not_found
handler500 = errors.server_error
