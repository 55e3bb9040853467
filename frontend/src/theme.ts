// Light, dark or like the system. The choice lives in a cookie, so that the server paints the next page right.

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const YEAR = 365 * 24 * 3600;

export function nextTheme(now: string | undefined): Theme {
  const at = THEMES.indexOf(now as Theme);
  return THEMES[(at + 1) % THEMES.length] ?? "auto";
}

function show(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset["themeSet"] === theme));
  }
}

export function chooseTheme(theme: Theme): void {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `vigie_theme=${theme}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
  show(theme);
}

/** Buttons `data-theme-set="dark"` choose; `data-theme-toggle` goes round. */
export function startTheme(say: (theme: Theme) => void): void {
  show((document.documentElement.dataset["theme"] as Theme | undefined) ?? "auto");
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const set = event.target.closest<HTMLElement>("[data-theme-set]")?.dataset["themeSet"];
    const round = event.target.closest("[data-theme-toggle]") !== null;
    if (set === undefined && !round) return;
    const theme = round ? nextTheme(document.documentElement.dataset["theme"]) : (set as Theme);
    if (!THEMES.includes(theme)) return;
    chooseTheme(theme);
    say(theme);
  });
}
