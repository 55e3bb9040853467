"""Somebody at a command line, handing in over a line that can be cut."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from factories.cases import opened_exhibit
from factories.intake import worked
from support.database import administrator
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.cases import queries as cases
from vigie.rooms.intake.client import Summary, open_or_resume, send_folder
from vigie.rooms.intake.client.sending import Line

Event = dict[str, Any]


class Desk:
    """Somebody at a command line, whose server works on submissions whenever the client waits."""

    def __init__(self, actor: Actor, address: str) -> None:
        self.actor = actor
        self.events: list[Event] = []
        self.cut: Callable[[httpx.Request], None] = lambda request: None
        transport = httpx.HTTPTransport()
        desk = self

        class Wire(httpx.BaseTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                desk.cut(request)
                return transport.handle_request(request)

        self.http = httpx.Client(base_url=address, headers={"Authorization": "Bearer me"}, transport=Wire())
        self.line = Line(self.http, patience=4, pause=self._pause)
        self.exhibit = opened_exhibit(actor)
        with act_as(actor, clock=utc_now):
            self.case = cases.exhibit(actor, self.exhibit).case_public_id

    def _pause(self, _seconds: float) -> None:
        with administrator() as look:
            found = look.execute("SELECT public_id FROM intake_submission").fetchall()
        for (submission,) in found:
            worked(self.actor, submission)

    def opened(self) -> str:
        return open_or_resume(self.line, case=str(self.case), exhibit=str(self.exhibit))

    def handed_in(self, folder: Path) -> Summary:
        return send_folder(self.line, self.opened(), folder, self.events.append)

    def told(self, event: str) -> list[Event]:
        return [one for one in self.events if one["event"] == event]
