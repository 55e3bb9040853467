// A CSV a spreadsheet opens without running anything from it.

/** Quotes a cell (RFC 4180); a leading = + - @ or control sign would be read as a formula and gets an apostrophe. */
export function cell(value: string | number): string {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows with CRLF; the byte order mark tells spreadsheets that it is UTF-8. */
export function csv(rows: ReadonlyArray<ReadonlyArray<string | number>>): string {
  return `\uFEFF${rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("")}`;
}
