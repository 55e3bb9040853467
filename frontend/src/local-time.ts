// <local-time>: a time in the viewer's zone. The server writes UTC, which stays when there is no script.

import { type TimeForm, localTime, relative } from "./local-time-words";

export class LocalTime extends HTMLElement {
  #timer = 0;

  connectedCallback(): void {
    this.#show();
    if (this.getAttribute("form") === "relative") this.#timer = window.setInterval(() => this.#show(), 30_000);
  }

  disconnectedCallback(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    const time = this.querySelector("time");
    const then = new Date(time?.dateTime ?? "");
    if (time === null || Number.isNaN(then.getTime())) return;
    const language = document.documentElement.lang || "en";
    const form = (this.getAttribute("form") ?? "datetime") as TimeForm;
    time.title ||= time.textContent ?? "";
    // <time> is an isolate in the style sheet: the direction of the sentence around it never changes.
    time.textContent = form === "relative" ? relative(then.getTime(), Date.now(), language) : localTime(then, form, language);
  }
}
