// Rules of single keys: they act by their place on the keyboard, and never while somebody types.

/** True while a key belongs to what the person is writing or choosing. */
export function isTyping(event: Event): boolean {
  if (event instanceof KeyboardEvent && event.isComposing) return true;
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target instanceof HTMLInputElement && !/^(button|checkbox|radio|submit|reset|range|color|file)$/.test(target.type);
}

export function hasModifier(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.altKey || event.metaKey;
}

const OFF = "vigie-single-keys";

/** A person may switch all single keys off (WCAG 2.1.4); F8 and Escape stay. */
export function singleKeysOn(): boolean {
  return localStorage.getItem(OFF) !== "off";
}

export function setSingleKeys(on: boolean): void {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "off");
}
