// Passkeys: the sign-in library says `allauth.error` when a key was not used; the page says it in words.
export function startKeys(): void {
  document.addEventListener("allauth.error", (event) => {
    const told = document.querySelector<HTMLElement>("[data-key-failed]");
    if (told === null) return;
    event.preventDefault(); // said here, so the console need not
    told.hidden = false;
  });
}
