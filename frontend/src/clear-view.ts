// <clear-view>: the only way a clear picture reaches the screen. Nothing clear is fetched before the person holds it
// open, and nothing clear stays behind: the picture's address is withdrawn the moment it is let go.
import { hasModifier, isTyping, singleKeysOn } from "./keys";
import { announce, csrfToken } from "./live";
import { Words } from "./texts";

type Mode = "hold" | "press";

const IDLE_MS = 20_000;
const MODE = "vigie-reveal-mode";

export class ClearView extends HTMLElement {
  #open = false;
  #held = false;
  #picture: HTMLImageElement | null = null;
  #address = "";
  #fetching: AbortController | null = null;
  #shownAt = 0;
  #clock = 0;
  #idle = 0;
  #letGoAt = 0;
  #ends = new AbortController();

  connectedCallback(): void {
    this.#ends = new AbortController();
    const { signal } = this.#ends;
    const veil = (): void => this.veil();
    addEventListener("blur", veil, { signal });
    addEventListener("pagehide", veil, { signal });
    document.addEventListener("visibilitychange", veil, { signal });
    document.addEventListener("vigie:blank", veil, { signal });
    document.addEventListener("vigie:reason-open", (event) => this.#reasonElsewhere(event), { signal });
    document.addEventListener("keydown", (event) => this.#keyDown(event), { signal });
    document.addEventListener("keyup", (event) => this.#keyUp(event), { signal });
    document.addEventListener("pointerdown", (event) => this.#pointerDown(event), { signal });
    document.addEventListener("pointerup", () => this.#letGo(), { signal });
    document.addEventListener("pointercancel", () => this.#letGo(), { signal });
    document.addEventListener("pointermove", () => this.#stillHere(), { signal, passive: true });
    document.addEventListener("click", (event) => this.#clicked(event), { signal });
    // A long press must not open the browser's own menu with "save picture".
    this.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    this.querySelector("form")?.addEventListener("submit", (event) => void this.#sendReason(event), { signal });
    this.#showMode();
  }

  disconnectedCallback(): void {
    this.veil();
    this.#ends.abort();
  }

  /** True while clear pixels are on screen. */
  get isOpen(): boolean {
    return this.#picture !== null;
  }

  /** Opens the picture, or asks for the reason first when none is open. */
  async reveal(): Promise<void> {
    if (this.#open) return;
    if (!this.hasAttribute("reason-open")) return this.#askReason();
    this.#open = true;
    this.#state("opening");
    const fetching = new AbortController();
    this.#fetching = fetching;
    try {
      const answer = await fetch(this.getAttribute("clear") ?? "", {
        credentials: "same-origin",
        cache: "no-store",
        signal: fetching.signal,
        headers: { Accept: "image/jpeg, application/problem+json" },
      });
      if (!answer.ok) return await this.#refused(answer);
      const pixels = await answer.blob();
      if (this.#fetching === fetching) await this.#show(pixels);
    } catch {
      if (!fetching.signal.aborted) this.#fail("view.cut");
    }
  }

  /** Veils at once; a fetch under way is given up. Safe to call at any time. */
  veil(): void {
    this.#held = false;
    this.#fetching?.abort();
    this.#fetching = null;
    clearInterval(this.#clock);
    clearTimeout(this.#idle);
    if (!this.#open) return;
    this.#open = false;
    const seconds = this.#picture === null ? 0 : (performance.now() - this.#shownAt) / 1000;
    const shown = this.#picture !== null;
    this.#picture?.remove();
    this.#picture = null;
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = "";
    this.#state("veiled");
    if (shown) this.#looked(seconds);
  }

  async #show(pixels: Blob): Promise<void> {
    const picture = new Image();
    this.#address = URL.createObjectURL(pixels);
    picture.src = this.#address;
    picture.alt = this.#words.say("view.open_alt");
    picture.className = "clear";
    picture.draggable = false;
    await picture.decode().catch(() => undefined);
    // It may have been let go while it was decoded: veil() has already withdrawn the address.
    if (!this.#open || this.#address === "") return;
    this.#picture = picture;
    this.querySelector("[data-part=picture]")?.append(picture);
    this.#shownAt = performance.now();
    this.#state("open");
    this.#count();
    this.#clock = window.setInterval(() => this.#count(), 250);
    this.#stillHere();
    announce(this.#words.say("view.opened"));
    this.dispatchEvent(new CustomEvent("clear-view:opened", { bubbles: true }));
  }

  get #words(): Words {
    return Words.ofPage();
  }

  #count(): void {
    const seconds = Math.floor((performance.now() - this.#shownAt) / 1000);
    const part = this.querySelector("[data-part=seconds]");
    if (part) part.textContent = this.#words.count("view.seconds", seconds);
  }

  #looked(seconds: number): void {
    announce(this.#words.say("view.veiled"));
    const rounded = Math.round(seconds * 10) / 10;
    this.dispatchEvent(new CustomEvent("clear-view:closed", { bubbles: true, detail: { seconds: rounded } }));
    const address = this.getAttribute("looked");
    if (!address) return;
    // keepalive: the last look counts even when the page is being left.
    void fetch(address, {
      method: "POST",
      keepalive: true,
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify({ seconds: rounded }),
    }).catch(() => undefined);
  }

  #state(state: "veiled" | "opening" | "open" | "failed"): void {
    this.dataset["state"] = state;
    for (const part of this.querySelectorAll<HTMLElement>("[data-when]")) {
      part.hidden = part.dataset["when"] !== state;
    }
    const down = state === "open" || state === "opening";
    for (const button of this.#buttons()) {
      button.classList.toggle("is-down", down);
      button.setAttribute("aria-pressed", String(down));
    }
    this.#showMode();
  }

  #fail(key: string): void {
    this.veil();
    this.#state("failed");
    this.#say(this.#words.say(key));
  }

  #say(text: string): void {
    const part = this.querySelector("[data-part=problem]");
    if (part) part.textContent = text;
    announce(text);
  }

  async #refused(answer: Response): Promise<void> {
    const problem = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string; location?: string };
    this.veil();
    if (problem.code === "reason-missing") {
      this.removeAttribute("reason-open");
      return this.#askReason();
    }
    this.#state("failed");
    this.#say(problem.detail ?? this.#words.say("view.refused"));
    const link = this.querySelector<HTMLAnchorElement>("[data-part=sign-in-again]");
    const address = problem.code === "step-up-needed" ? (problem.location ?? this.getAttribute("sign-in-again")) : null;
    if (link === null) return;
    link.hidden = !address;
    if (address) link.href = address;
  }

  // Reason

  #askReason(): void {
    const dialog = this.querySelector<HTMLDialogElement>("dialog[data-part=reason]");
    if (dialog && !dialog.open) dialog.showModal();
  }

  async #sendReason(event: SubmitEvent): Promise<void> {
    const form = event.target as HTMLFormElement;
    event.preventDefault();
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
    }).catch(() => null);
    const body = answer ? ((await answer.json().catch(() => ({}))) as { clear?: string; detail?: string }) : {};
    const problem = this.querySelector<HTMLElement>("[data-part=reason-problem]");
    if (!answer?.ok) {
      if (problem) {
        problem.hidden = false;
        problem.textContent = body.detail ?? this.#words.say(answer ? "view.reason_refused" : "view.cut");
      }
      return;
    }
    if (body.clear) this.setAttribute("clear", body.clear);
    this.setAttribute("reason-open", "");
    this.querySelector<HTMLDialogElement>("dialog[data-part=reason]")?.close();
    this.#buttons()[0]?.focus();
    announce(this.#words.say("view.reason_taken"));
    const scope = this.getAttribute("reason-scope");
    if (scope) this.dispatchEvent(new CustomEvent("vigie:reason-open", { bubbles: true, detail: { scope } }));
  }

  /** A reason given on one picture of a record counts for the others of the same scope. */
  #reasonElsewhere(event: Event): void {
    const scope = (event as CustomEvent<{ scope: string }>).detail.scope;
    if (scope === this.getAttribute("reason-scope")) this.setAttribute("reason-open", "");
  }

  // Keys and pointer

  #buttons(): HTMLElement[] {
    const inner = [...this.querySelectorAll<HTMLElement>("[data-hold]")];
    const outer = this.id ? [...document.querySelectorAll<HTMLElement>("[data-hold-for]")] : [];
    return [...inner, ...outer.filter((button) => (button.dataset["holdFor"] ?? "").split(" ").includes(this.id))];
  }

  get #mode(): Mode {
    return localStorage.getItem(MODE) === "press" ? "press" : "hold";
  }

  #showMode(): void {
    const down = this.#open;
    const key = down ? (this.#mode === "press" ? "view.press_to_veil" : "view.let_go") : `view.${this.#mode}`;
    for (const button of this.#buttons()) {
      const word = button.querySelector("[data-part=hold-word]");
      const own = down ? null : button.getAttribute(`data-word-${this.#mode}`);
      if (word) word.textContent = own ?? this.#words.say(key);
    }
  }

  /** The key R belongs to the picture that has the focus, else to those that ask for it with `hold-key`. */
  #takesKey(): boolean {
    const focused = document.activeElement?.closest("clear-view");
    return focused ? focused === this : this.hasAttribute("hold-key");
  }

  #keyDown(event: KeyboardEvent): void {
    if (!event.repeat) this.#stillHere();
    if (event.code === "Escape") return this.veil();
    const button = this.#buttons().find((one) => one === document.activeElement);
    const onButton = button !== undefined && (event.code === "Space" || event.code === "Enter");
    const onKey = event.code === "KeyR" && singleKeysOn() && this.#takesKey();
    if (!(onButton || onKey) || hasModifier(event) || isTyping(event) || document.querySelector("dialog[open]")) return;
    // Several pictures hear the same key: each opens, but the mode changes once.
    const first = !event.defaultPrevented;
    event.preventDefault();
    if (event.repeat) return;
    if (onKey && event.shiftKey) return first ? this.#changeMode() : undefined;
    this.#press();
  }

  #keyUp(event: KeyboardEvent): void {
    if (event.code === "KeyR" || event.code === "Space" || event.code === "Enter") this.#letGo();
  }

  #pointerDown(event: PointerEvent): void {
    if (event.button !== 0 || !this.#isMine(event.target)) return;
    event.preventDefault();
    this.#press();
  }

  #isMine(target: EventTarget | null): boolean {
    const button = target instanceof Element ? target.closest<HTMLElement>("[data-hold], [data-hold-for]") : null;
    return button !== null && this.#buttons().includes(button);
  }

  #clicked(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    // Assistive technology presses without pointer or key: that is press-once, whatever the mode.
    const assisted = event.detail === 0 && !this.#held && event.timeStamp - this.#letGoAt > 500;
    if (assisted && this.#isMine(target)) this.#toggle();
    if (target === null || !this.contains(target)) return;
    if (target.closest("[data-mode]")) this.#changeMode();
    if (target.closest("[data-colour]")) this.toggleAttribute("colour");
    if (target.closest("[data-reason-cancel]")) this.querySelector("dialog")?.close();
  }

  #press(): void {
    if (this.#mode === "press") return this.#toggle();
    this.#held = true;
    void this.reveal();
  }

  #toggle(): void {
    if (this.#open) this.veil();
    else void this.reveal();
  }

  #letGo(): void {
    if (!this.#held) return;
    this.#letGoAt = performance.now();
    this.veil();
  }

  #changeMode(): void {
    this.veil();
    localStorage.setItem(MODE, this.#mode === "hold" ? "press" : "hold");
    announce(this.#words.say(`view.mode_${this.#mode}`));
    for (const view of document.querySelectorAll<ClearView>("clear-view")) view.#showMode();
  }

  #stillHere(): void {
    clearTimeout(this.#idle);
    if (this.isOpen) this.#idle = window.setTimeout(() => this.veil(), IDLE_MS);
  }
}
