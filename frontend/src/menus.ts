// Menus are <details class="menu">: they open without script. This closes them again, and opens the rail on phones.

export function startMenus(): void {
  document.addEventListener("click", (event) => {
    const inside = event.target instanceof Element ? event.target.closest("details.menu") : null;
    for (const open of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
      if (open !== inside) open.open = false;
    }
    if (event.target instanceof Element) railClicked(event.target);
  });
  addEventListener("keydown", (event) => {
    if (event.code !== "Escape") return;
    const open = document.querySelector<HTMLDetailsElement>("details.menu[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary")?.focus();
    } else if (document.documentElement.classList.contains("rail-open")) {
      showRail(false);
      document.querySelector<HTMLElement>("[data-rail-toggle]")?.focus();
    }
  });
}

function railClicked(target: Element): void {
  const open = document.documentElement.classList.contains("rail-open");
  if (target.closest("[data-rail-toggle]")) {
    showRail(!open);
    if (!open) document.querySelector<HTMLElement>(".rail a[href]")?.focus();
  } else if (open && target.closest(".rail") === null) {
    showRail(false);
  }
}

function showRail(on: boolean): void {
  document.documentElement.classList.toggle("rail-open", on);
  document.querySelector("[data-rail-toggle]")?.setAttribute("aria-expanded", String(on));
}
