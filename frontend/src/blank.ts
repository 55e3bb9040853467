// "Blank now": one key, and every open page of this installation shows an empty sheet until it is pressed again.
import { Words } from "./texts";

const FLAG = "vigie-blank";
const DOUBLE_ESCAPE_MS = 400;
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("vigie-blank") : null;
let sheet: HTMLDialogElement | null = null;
let title = "";

function makeSheet(words: Words): HTMLDialogElement {
  const made = document.createElement("dialog");
  made.className = "blank-sheet";
  made.setAttribute("aria-label", words.say("blank.title"));
  const back = document.createElement("button");
  back.type = "button";
  back.textContent = words.say("blank.back");
  back.addEventListener("click", () => blank(false));
  made.append(back);
  // Escape must not show the page again by accident: only F8 or the words do.
  made.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(made);
  return made;
}

function show(on: boolean): void {
  if (on === (sheet?.open ?? false)) return;
  sheet ??= makeSheet(Words.ofPage());
  document.documentElement.classList.toggle("is-blank", on);
  if (on) {
    document.dispatchEvent(new CustomEvent("vigie:blank"));
    title = document.title;
    document.title = Words.ofPage().say("blank.title");
    sheet.showModal();
  } else {
    sheet.close();
    document.title = title;
  }
}

/** Blanks every open page, or shows them again. */
export function blank(on: boolean): void {
  if (on) localStorage.setItem(FLAG, "1");
  else localStorage.removeItem(FLAG);
  show(on);
  channel?.postMessage(on);
}

export function startBlank(): void {
  let escapedAt = 0;
  if (localStorage.getItem(FLAG) === "1") show(true);
  channel?.addEventListener("message", (event: MessageEvent<boolean>) => show(event.data));
  addEventListener(
    "keydown",
    (event) => {
      if (event.repeat) return;
      if (event.code === "F8") {
        event.preventDefault();
        blank(!(sheet?.open ?? false));
      } else if (event.code === "Escape") {
        if (event.timeStamp - escapedAt < DOUBLE_ESCAPE_MS) blank(true);
        escapedAt = event.timeStamp;
      }
    },
    { capture: true },
  );
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-blank]")) {
      event.preventDefault();
      blank(true);
    }
  });
}
