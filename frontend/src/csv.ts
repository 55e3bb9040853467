// A CSV a spreadsheet opens without running anything from it.

/** How what a spreadsheet runs begins, the wide forms too: as the server's tables have it (engines/formats/spreadsheets.py). */
const FORMULA = /^[=+\-@\t\r\n\0＝＋－＠]/u;

/** Quotes a cell (RFC 4180); one that begins like a formula gets an apostrophe. */
export function cell(value: string | number): string {
  const text = String(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows with CRLF; the byte order mark tells spreadsheets that it is UTF-8. */
export function csv(rows: ReadonlyArray<ReadonlyArray<string | number>>): string {
  return `\uFEFF${rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("")}`;
}
