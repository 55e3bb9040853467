// Buttons `data-copy="text"` put an id or a hash on the clipboard.
import { toast } from "./toasts";
import { Words } from "./texts";

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The clipboard needs a secure address; an inner network without a certificate still has selections.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function startCopy(): void {
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
    if (button === null) return;
    const text = button.dataset["copy"] ?? "";
    const done = await copyText(text);
    toast({ text: Words.ofPage().say(done ? "copy.done" : "copy.failed", { text }) });
  });
}
