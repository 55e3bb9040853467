// Says something to a screen reader without moving the focus.
export function announce(text: string): void {
  const region = document.getElementById("live");
  if (region === null) return;
  // The same sentence twice in a row is read only when the text changes.
  region.textContent = region.textContent === text ? `${text}\u00A0` : text;
}

/** The request token every writing call carries. */
export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}
