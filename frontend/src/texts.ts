// Words of the scripts. They come from the server, translated, in one JSON block of the page.

/** One text, or one text for each plural category of the page's language. */
export type Text = string | Partial<Record<Intl.LDMLPluralRule, string>>;
export type Texts = Readonly<Record<string, Text>>;
export type Parameters = Readonly<Record<string, string | number>>;

/** Fills `%(name)s` placeholders, the form the translators see in every catalogue. */
export function fill(pattern: string, parameters: Parameters): string {
  return pattern.replace(/%\((\w+)\)s/g, (whole, name: string) => {
    const value = parameters[name];
    return value === undefined ? whole : String(value);
  });
}

/** Chooses the plural form of `text` for `count` in `language`; a plain text has one form. */
export function pluralForm(text: Text, count: number, language: string): string {
  if (typeof text === "string") return text;
  const rule = new Intl.PluralRules(language).select(count);
  return text[rule] ?? text.other ?? "";
}

export class Words {
  readonly language: string;
  readonly #texts: Texts;

  constructor(texts: Texts, language: string) {
    this.#texts = texts;
    this.language = language;
  }

  /** The words of the page that is loaded now. */
  static ofPage(): Words {
    const block = document.getElementById("vigie-texts");
    const texts = block?.textContent ? (JSON.parse(block.textContent) as Texts) : {};
    return new Words(texts, document.documentElement.lang || "en");
  }

  has(key: string): boolean {
    return key in this.#texts;
  }

  say(key: string, parameters: Parameters = {}): string {
    const text = this.#texts[key] ?? key;
    return fill(typeof text === "string" ? text : (text.other ?? key), parameters);
  }

  /** The text for a counted thing; `%(count)s` is the number, grouped for the language. */
  count(key: string, count: number, parameters: Parameters = {}): string {
    const form = pluralForm(this.#texts[key] ?? key, count, this.language);
    return fill(form, { count: this.number(count), ...parameters });
  }

  /** Western digits in every language: the same number reads the same in each unit. */
  number(value: number): string {
    return new Intl.NumberFormat(`${this.language}-u-nu-latn`, { maximumFractionDigits: 1 }).format(value);
  }
}
