// One registry of keys, in the page as JSON: what the sheet shows is what the keys do.
import { hasModifier, isTyping, setSingleKeys, singleKeysOn } from "./keys";
import { Words } from "./texts";

export interface Shortcut {
  /** Physical keys in the order they are pressed: ["KeyG", "KeyH"], or one. */
  codes: string[];
  shift?: boolean;
  /** What the caps say, for the sheet. */
  keys: string[];
  label: string;
  group: string;
  /** Where to go, or a selector of what to press; neither: another part of the page acts on the key. */
  href?: string;
  press?: string;
}

/** Reads every `<script type="application/json" data-shortcuts>` of the page: the shell's and the screen's. */
export function registryOf(root: ParentNode): Shortcut[] {
  return [...root.querySelectorAll("script[data-shortcuts]")].flatMap(
    (block) => JSON.parse(block.textContent || "[]") as Shortcut[],
  );
}

/** Finds what a key means after an earlier key; `pending` is set when it may start a sequence. */
export function resolve(
  registry: ReadonlyArray<Shortcut>,
  earlier: string | null,
  code: string,
  shift: boolean,
): { hit: Shortcut | null; pending: boolean } {
  const same = (one: Shortcut): boolean => (one.shift ?? false) === shift;
  if (earlier !== null) {
    const hit = registry.find((one) => one.codes[0] === earlier && one.codes[1] === code && same(one));
    if (hit) return { hit, pending: false };
  }
  const hit = registry.find((one) => one.codes.length === 1 && one.codes[0] === code && same(one)) ?? null;
  const pending = hit === null && registry.some((one) => one.codes.length === 2 && one.codes[0] === code && same(one));
  return { hit, pending };
}

const SEQUENCE_MS = 1200;

export function startShortcuts(): void {
  let earlier: string | null = null;
  let earlierAt = 0;
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || isTyping(event) || hasModifier(event)) return;
    if (document.querySelector("dialog[open]")) return;
    // The question mark sits on different keys; here the sign counts, as the sheet shows it.
    if (event.key === "?") return void openSheet();
    if (!singleKeysOn()) return;
    const first = event.timeStamp - earlierAt < SEQUENCE_MS ? earlier : null;
    const { hit, pending } = resolve(registryOf(document), first, event.code, event.shiftKey);
    earlier = pending ? event.code : null;
    earlierAt = event.timeStamp;
    if (hit && act(hit)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-shortcuts-open]")) {
      event.preventDefault();
      openSheet();
    }
  });
}

function act(shortcut: Shortcut): boolean {
  if (shortcut.href) {
    location.assign(shortcut.href);
    return true;
  }
  const target = shortcut.press ? document.querySelector<HTMLElement>(shortcut.press) : null;
  if (target === null) return false;
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
  return true;
}

function openSheet(): void {
  const words = Words.ofPage();
  const sheet = document.createElement("dialog");
  sheet.className = "dialog keysheet";
  const title = document.createElement("h2");
  title.id = "keysheet-title";
  title.textContent = words.say("shortcuts.title");
  sheet.setAttribute("aria-labelledby", title.id);
  const head = document.createElement("header");
  head.append(title);
  const body = document.createElement("div");
  body.className = "body";
  body.append(...groups(registryOf(document)), switchOf(words));
  const foot = document.createElement("footer");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn";
  close.textContent = words.say("shortcuts.close");
  close.addEventListener("click", () => sheet.close());
  foot.append(close);
  sheet.append(head, body, foot);
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
}

function groups(registry: ReadonlyArray<Shortcut>): HTMLElement[] {
  const made = new Map<string, HTMLElement>();
  for (const shortcut of registry) {
    let list = made.get(shortcut.group);
    if (list === undefined) {
      list = document.createElement("dl");
      list.className = "keylist";
      list.setAttribute("aria-label", shortcut.group);
      made.set(shortcut.group, list);
    }
    const name = document.createElement("dt");
    name.textContent = shortcut.label;
    const keys = document.createElement("dd");
    for (const key of shortcut.keys) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      keys.append(cap);
    }
    list.append(name, keys);
  }
  return [...made].flatMap(([group, list]) => {
    const title = document.createElement("h3");
    title.textContent = group;
    return [title, list];
  });
}

function switchOf(words: Words): HTMLElement {
  const label = document.createElement("label");
  label.className = "check";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = singleKeysOn();
  box.addEventListener("change", () => setSingleKeys(box.checked));
  const text = document.createElement("span");
  text.textContent = words.say("shortcuts.single_keys");
  label.append(box, text);
  return label;
}
