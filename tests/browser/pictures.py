"""Take the pictures of the README and of every page, from a running demonstration.

    python tests/browser/pictures.py ADDRESS FOLDER            every page: light, dark, Arabic, 320 px
    python tests/browser/pictures.py ADDRESS FOLDER --readme   the README's four, and nothing else

The demonstration must have Ines' prepared exhibit handed in (`vigie demo --check`, or the tour's first steps).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
MODES = {
    "light": {"width": 1440, "theme": "light", "language": "en"},
    "dark": {"width": 1440, "theme": "dark", "language": "en"},
    "arabic": {"width": 1440, "theme": "light", "language": "ar"},
    "320": {"width": 320, "theme": "light", "language": "en"},
}


def entered(browser: Browser, address: str, person: str, mode: dict[str, object]) -> BrowserContext:
    """A browser window of this person, in this mode."""
    context = browser.new_context(viewport={"width": int(str(mode["width"])), "height": 900})
    context.add_cookies(
        [
            {"name": "vigie_theme", "value": str(mode["theme"]), "url": address},
            {"name": "django_language", "value": str(mode["language"]), "url": address},
        ]
    )
    page = context.new_page()
    page.goto(f"{address}/demo/")
    page.get_by_test_id(f"enter-{person}").click()
    page.wait_for_load_state()
    page.close()
    return context


def links(page: Page, start: str) -> list[str]:
    """The addresses below this one that the page's main part links to, in order."""
    found = page.eval_on_selector_all("main a[href]", "all => all.map(each => each.getAttribute('href'))")
    return list(dict.fromkeys(each for each in found if each.startswith(start) and len(each) > len(start)))


def pages_of_ines(page: Page, address: str) -> Iterator[tuple[str, str]]:
    """Name and address of every page an investigator sees."""
    yield from (("home", "/"), ("cases", "/cases/"), ("matches", "/matches/"), ("notices", "/notices/"))
    yield from (
        ("units", "/units/"),
        ("about", "/about/"),
        ("absent", "/cases/00000000-0000-4000-8000-000000000000/"),
    )
    page.goto(f"{address}/cases/")
    case = next(each for each in links(page, "/cases/") if len(each) > 30)
    yield "case", case
    page.goto(f"{address}{case}")
    yield "exhibit", links(page, "/exhibits/")[0]
    page.goto(f"{address}/matches/")
    rows = page.locator("main td a[href^='/matches/']")
    words, places = rows.all_inner_texts(), [row.get_attribute("href") or "" for row in rows.all()]
    yield "match-contact", places[next(n for n, word in enumerate(words) if word.startswith("Contact"))]
    yield "match-full", places[next(n for n, word in enumerate(words) if word.startswith("Resembles"))]


PEOPLE = {
    "tomas": (("doctor", "/doctor/"), ("log-of-the-unit", "/log/")),
    "odile": (("log", "/log/"),),
    "mirela": (("notices-of-the-owner", "/notices/"),),
}


def take(page: Page, address: str, place: str, target: Path) -> None:
    """One page, as tall as a window."""
    page.goto(f"{address}{place}")
    page.wait_for_timeout(500)
    page.screenshot(path=str(target))


def every_page(browser: Browser, address: str, folder: Path) -> int:
    """Every page in every mode; returns how many pictures were taken."""
    english = entered(browser, address, "ines", MODES["light"])
    wanted = [("ines", name, place) for name, place in pages_of_ines(english.new_page(), address)]
    wanted += [(person, name, place) for person, pages in PEOPLE.items() for name, place in pages]
    taken = 0
    for mode, options in MODES.items():
        for person in ("ines", *PEOPLE):
            page = entered(browser, address, person, options).new_page()
            for who, name, place in wanted:
                if who == person:
                    take(page, address, place, folder / f"{name}-{mode}.png")
                    taken += 1
        page = browser.new_context(viewport={"width": int(str(options["width"])), "height": 900}).new_page()
        for name, place in (("people", "/demo/"), ("sign-in", "/sign-in/")):
            take(page, address, place, folder / f"{name}-{mode}.png")
            taken += 1
    return taken


def readme(browser: Browser, address: str, folder: Path) -> int:
    """The README's pictures: home, exhibit, match, and the same match in Arabic."""
    page = entered(browser, address, "ines", MODES["light"]).new_page()
    places = dict(pages_of_ines(page, address))
    for name in ("home", "exhibit", "match-contact"):
        take(page, address, places[name], folder / f"{name}.png")
    dark = entered(browser, address, "ines", MODES["dark"]).new_page()
    take(dark, address, places["match-full"], folder / "match.png")
    arabic = entered(browser, address, "ines", MODES["arabic"]).new_page()
    take(arabic, address, places["match-full"], folder / "match-ar.png")
    return 5


def main() -> None:
    """Called with an address and a folder."""
    address, folder = sys.argv[1].rstrip("/"), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        taken = (readme if "--readme" in sys.argv else every_page)(browser, address, folder)
        browser.close()
    sys.stdout.write(f"{taken} pictures in {folder}\n")


if __name__ == "__main__":
    main()
