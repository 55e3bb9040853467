// Characters that change what a reader sees without being seen, as their codes: names come from suspects. The server
// does the same to every page it sends (engines/formats/hidden_characters.py); a name read in the browser is never sent.

const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066\u2067]/gu;

/** A text as a page shows it: a mark that would turn it stands there as `[U+202E]`. */
export function shownOnAPage(text: string): string {
  return text.replace(HIDDEN, (one) => `[U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`);
}
