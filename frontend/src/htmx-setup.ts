// What htmx needs from the page: the request token, and words when the line is cut.
import { csrfToken } from "./live";
import { toast } from "./toasts";
import { Words } from "./texts";

interface RequestDetail {
  headers: Record<string, string>;
  verb: string;
}

export function startHtmx(): void {
  document.addEventListener("htmx:configRequest", (event) => {
    const detail = (event as CustomEvent<RequestDetail>).detail;
    if (detail.verb.toLowerCase() !== "get") detail.headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:sendError", () => toast({ text: Words.ofPage().say("line.cut") }));
  document.addEventListener("htmx:responseError", () => toast({ text: Words.ofPage().say("line.refused") }));
}
