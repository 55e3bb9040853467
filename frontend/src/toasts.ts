// Short notes at the foot of the page, with an undo where the server offers one.
import { announce, csrfToken } from "./live";
import { Words } from "./texts";

export interface Note {
  text: string;
  /** Address that takes the act back when it is posted to. */
  undo?: string;
}

const STAY_MS = 8000;

export function toast(note: Note): void {
  const place = document.getElementById("toasts");
  if (place === null) return;
  const box = document.createElement("div");
  box.className = "toast";
  const text = document.createElement("span");
  text.textContent = note.text;
  box.append(text);
  if (note.undo) box.append(undoButton(note.undo, box));
  place.append(box);
  announce(note.text);
  let timer = setTimeout(() => box.remove(), STAY_MS);
  // Nobody loses the undo while reaching for it.
  const hold = (): void => clearTimeout(timer);
  const go = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => box.remove(), STAY_MS);
  };
  box.addEventListener("pointerenter", hold);
  box.addEventListener("focusin", hold);
  box.addEventListener("pointerleave", go);
  box.addEventListener("focusout", go);
}

function undoButton(address: string, box: HTMLElement): HTMLButtonElement {
  const words = Words.ofPage();
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn small";
  button.dataset["undo"] = "";
  button.textContent = words.say("toast.undo");
  button.addEventListener("click", async () => {
    button.disabled = true;
    const answer = await fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-CSRFToken": csrfToken() },
    }).catch(() => null);
    box.remove();
    if (answer?.ok) location.reload();
    else toast({ text: words.say("toast.undo_failed") });
  });
  return button;
}

export function startToasts(): void {
  document.addEventListener("vigie:toast", (event) => {
    // htmx puts the value of an HX-Trigger header into `detail`.
    const note = (event as CustomEvent<Partial<Note>>).detail;
    if (note?.text) toast(note as Note);
  });
  addEventListener("keydown", (event) => {
    if (event.code !== "KeyZ" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    const target = event.target;
    if (target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"))) return;
    const last = [...document.querySelectorAll<HTMLButtonElement>("#toasts [data-undo]")].at(-1);
    if (last === undefined) return;
    event.preventDefault();
    last.click();
  });
}
