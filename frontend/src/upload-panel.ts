// <upload-panel>: choose, then watch six stages fill. The markup is the server's, in a <template>, already in the
// person's language; without script the form inside the element hands the files in directly.
import { bytesInWords, durationInWords, rateInWords } from "./amounts";
import { csv } from "./csv";
import { HashClient } from "./hash-client";
import { shownOnAPage } from "./hidden-characters";
import { announce, csrfToken } from "./live";
import { type Selection, fingerprintOf, pathsOf, pathsOfDrop, selectionOf } from "./selection";
import { Sender } from "./sender";
import { STAGES, percent, stageState } from "./stages";
import { CallRefused, Submissions } from "./submissions";
import { Words } from "./texts";
import { type Failure, type Snapshot, UploadRun } from "./upload-run";

const SHOWN_FAILURES = 200;

export class UploadPanel extends HTMLElement {
  #words = Words.ofPage();
  #run: UploadRun | null = null;
  #hasher: HashClient | null = null;
  #stop = new AbortController();
  #painting = false;
  #shownFailures = 0;
  #failures: ReadonlyArray<Failure> = [];
  #announced = "";

  connectedCallback(): void {
    const template = this.querySelector<HTMLTemplateElement>("template[data-part=ui]");
    if (template === null || this.#part("choose") !== null) return;
    this.#words = Words.ofPage();
    for (const form of this.querySelectorAll<HTMLElement>("[data-fallback]")) form.hidden = true;
    this.append(template.content.cloneNode(true));
    this.addEventListener("change", (event) => void this.#picked(event));
    this.addEventListener("click", (event) => this.#clicked(event));
    const drop = this.#part("drop");
    drop?.addEventListener("dragover", (event) => this.#over(event, true));
    drop?.addEventListener("dragleave", (event) => this.#over(event, false));
    drop?.addEventListener("drop", (event) => void this.#dropped(event));
  }

  disconnectedCallback(): void {
    this.#stop.abort(new DOMException("the panel was removed", "AbortError"));
    this.#hasher?.end();
    removeEventListener("beforeunload", this.#leaving);
  }

  #part(name: string): HTMLElement | null {
    return this.querySelector<HTMLElement>(`[data-part="${name}"]`);
  }

  #attribute(name: string, otherwise = ""): string {
    return this.getAttribute(name) ?? otherwise;
  }

  async #picked(event: Event): Promise<void> {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.files?.length || !input.matches("[data-choose]")) return;
    await this.#begin(await selectionOf(pathsOf(input.files)));
    input.value = "";
  }

  #over(event: DragEvent, on: boolean): void {
    event.preventDefault();
    this.#part("drop")?.classList.toggle("is-over", on);
  }

  async #dropped(event: DragEvent): Promise<void> {
    this.#over(event, false);
    if (event.dataTransfer) await this.#begin(await selectionOf(await pathsOfDrop(event.dataTransfer.items)));
  }

  #clicked(event: MouseEvent): void {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-act]") : null;
    if (button?.dataset["act"] === "pause") this.#pauseOrGoOn();
    if (button?.dataset["act"] === "csv") this.#download();
  }

  #pauseOrGoOn(): void {
    const run = this.#run;
    if (run === null) return;
    if (run.snapshot().paused) run.resume();
    else run.pause();
    announce(this.#words.say(run.snapshot().paused ? "upload.paused" : "upload.going_on"));
  }

  async #begin(selection: Selection): Promise<void> {
    if (this.#run !== null) return;
    if (selection.chosen.length === 0 && selection.unusable.length === 0) {
      return this.#problem(this.#words.say("upload.nothing_chosen"));
    }
    this.#stop = new AbortController();
    const csrf = this.#attribute("csrf") || csrfToken();
    const submissions = new Submissions({ submissions: this.#attribute("endpoint").replace(/\/$/, ""), csrf }, this.#stop.signal);
    const key = `vigie-upload:${this.#attribute("exhibit")}:${fingerprintOf(selection.chosen)}`;
    addEventListener("beforeunload", this.#leaving);
    this.#part("choose")?.setAttribute("hidden", "");
    try {
      const submission = await this.#submission(submissions, key);
      await this.#work(selection, submissions, submission, csrf);
      localStorage.removeItem(key);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#refused(error);
    } finally {
      removeEventListener("beforeunload", this.#leaving);
      this.#hasher?.end();
      this.#hasher = null;
      this.#run = null;
    }
  }

  /** The submission this choice was begun with earlier, while it is open; else a new one. */
  async #submission(submissions: Submissions, key: string): Promise<string> {
    const earlier = this.#attribute("submission") || localStorage.getItem(key);
    if (earlier) {
      const open = await submissions.view(earlier).then(
        (view) => view.state === "open",
        (error: unknown) => {
          if (error instanceof CallRefused) return false;
          throw error;
        },
      );
      if (open) return earlier;
    }
    const id = await submissions.open({
      case: this.#attribute("case"),
      exhibit: this.#attribute("exhibit"),
      source: this.#attribute("source", "browser"),
    });
    localStorage.setItem(key, id);
    return id;
  }

  async #work(selection: Selection, submissions: Submissions, submission: string, csrf: string): Promise<void> {
    this.#hasher = new HashClient(this.#attribute("worker"));
    const sender = new Sender(this.#attribute("tus"), csrf);
    const run = new UploadRun({
      submission,
      sealed: this.querySelector<HTMLInputElement>("input[data-sealed]")?.checked ?? false,
      ...selection,
      submissions,
      sender,
      hasher: this.#hasher,
      batch: Math.min(500, Number(this.#attribute("batch", "500")) || 500),
      parallel: Math.min(4, Number(this.#attribute("parallel", "2")) || 2),
      signal: this.#stop.signal,
      clock: () => performance.now(),
    });
    this.#run = run;
    sender.onCut = (cut) => run.setCut(cut);
    submissions.onCut = (cut) => run.setCut(cut);
    run.onChange = () => this.#paintSoon();
    this.#part("progress")?.removeAttribute("hidden");
    this.#emit("upload-panel:started", { submission, files: selection.chosen.length });
    this.#paint(run.snapshot());
    await run.run();
    const end = run.snapshot();
    this.#paint(end);
    this.#emit(end.state === "done" ? "upload-panel:done" : "upload-panel:refused", {
      submission,
      known: end.known,
      new: end.new,
      refused: end.refused,
    });
  }

  #refused(error: unknown): void {
    this.#part("choose")?.removeAttribute("hidden");
    const said = error instanceof CallRefused ? error.detail : null;
    this.#problem(said ?? this.#words.say("upload.refused_whole"));
    this.#emit("upload-panel:refused", { submission: null, known: 0, new: 0, refused: 0 });
  }

  #problem(text: string): void {
    const box = this.#part("problem");
    if (box === null) return;
    box.hidden = false;
    const words = box.querySelector("[data-part=problem-text]");
    if (words) words.textContent = text;
  }

  #emit(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  readonly #leaving = (event: BeforeUnloadEvent): void => event.preventDefault();

  #paintSoon(): void {
    if (this.#painting) return;
    this.#painting = true;
    // Four times a second is enough to read, and cheap on an old desk.
    setTimeout(() => {
      this.#painting = false;
      if (this.#run) this.#paint(this.#run.snapshot());
    }, 250);
  }

  #write(name: string, text: string): void {
    const part = this.#part(name);
    if (part !== null && part.textContent !== text) part.textContent = text;
  }

  #paint(now: Snapshot): void {
    const words = this.#words;
    const running = now.state !== "done" && now.state !== "refused";
    const end = now.state === "refused" ? now.refused : now.known + now.new;
    this.#write("title", words.count(running ? "upload.working" : `upload.${now.state}`, running ? now.files : end));
    this.#write("left", running ? this.#leftInWords(now) : "");
    this.#paintStages(now, running);
    this.#write("known", words.number(now.known));
    this.#write("saved", words.say("upload.saved", { size: bytesInWords(now.bytesSaved, words) }));
    this.#write("new", words.number(now.new));
    this.#write("refused", words.number(now.refused));
    this.#part("pause")?.toggleAttribute("hidden", !running || now.state === "following");
    this.#write("pause-word", words.say(now.paused ? "upload.go_on" : "upload.pause"));
    this.#part("pause")?.setAttribute("aria-pressed", String(now.paused));
    this.#part("cut")?.toggleAttribute("hidden", !now.cut || now.paused);
    this.#part("stay")?.toggleAttribute("hidden", !running || now.state === "following");
    this.#paintFailures(now.failures);
    this.#announceState(now);
    this.#emit("upload-panel:progress", now);
  }

  #leftInWords(now: Snapshot): string {
    if (now.paused) return this.#words.say("upload.paused");
    if (now.cut) return this.#words.say("upload.cut");
    if (now.state === "following") return this.#words.say("upload.following");
    if (now.secondsLeft === null) return this.#words.say("upload.measuring");
    const time = durationInWords(now.secondsLeft, this.#words);
    if (now.sendRate === null) return this.#words.say("upload.left", { time });
    return this.#words.say("upload.left_at", { time, rate: rateInWords(now.sendRate, this.#words) });
  }

  #paintStages(now: Snapshot, running: boolean): void {
    const halted = now.paused || now.cut;
    for (const name of STAGES) {
      const box = this.#part(`stage-${name}`);
      if (box === null) continue;
      const count = now.stages[name];
      const local = name === "hashed" || name === "checked";
      const final = local ? now.allChecked : now.allChecked && now.state !== "sending" && now.state !== "hashing";
      // Files that could not be read never reach "hashed": the stage is over all the same.
      const state = local && now.allChecked ? "done" : stageState(count, final, halted && running);
      box.className = `stage ${state}`;
      const share = state === "done" ? 100 : percent(count);
      const bar = box.querySelector(".track");
      bar?.classList.toggle("ok", state === "done");
      bar?.querySelector("i")?.setAttribute("class", `v${share}`);
      const shown = this.#words.number(count.done);
      this.#write(`count-${name}`, state === "wait" ? this.#words.say("upload.waits") : shown);
      const partial = state !== "wait" && count.done < count.total;
      this.#write(`total-${name}`, partial ? this.#words.say("upload.of", { total: this.#words.number(count.total) }) : "");
    }
  }

  #paintFailures(failures: ReadonlyArray<Failure>): void {
    this.#failures = failures;
    this.#part("failures")?.toggleAttribute("hidden", failures.length === 0);
    this.#part("csv")?.toggleAttribute("hidden", failures.length === 0);
    const body = this.#part("failure-rows");
    for (const failure of failures.slice(this.#shownFailures, SHOWN_FAILURES)) {
      const row = document.createElement("tr");
      const path = document.createElement("bdi");
      path.className = "mono";
      path.textContent = shownOnAPage(failure.path) || this.#words.say("upload.whole_run");
      row.insertCell().append(path);
      const size = row.insertCell();
      size.className = "r num";
      size.textContent = failure.bytes === null ? "" : bytesInWords(failure.bytes, this.#words);
      row.insertCell().textContent = shownOnAPage(this.#reason(failure));
      body?.append(row);
    }
    this.#shownFailures = Math.min(failures.length, SHOWN_FAILURES);
    const more = failures.length - SHOWN_FAILURES;
    this.#part("failures-more")?.toggleAttribute("hidden", more <= 0);
    if (more > 0) this.#write("failures-more", this.#words.count("upload.more_in_csv", more));
  }

  #reason(failure: Failure): string {
    if (failure.said) return failure.said;
    const key = `upload.reason.${failure.code}`;
    return this.#words.has(key) ? this.#words.say(key) : failure.code;
  }

  #announceState(now: Snapshot): void {
    const state = `${now.state}${now.cut ? "-cut" : ""}`;
    if (state === this.#announced) return;
    this.#announced = state;
    if (now.cut) announce(this.#words.say("upload.cut"));
    else if (now.state === "done") announce(this.#words.count("upload.done", now.known + now.new));
    else if (now.state === "refused") announce(this.#words.say("upload.refused_whole"));
    else if (now.state === "sending") announce(this.#words.count("upload.all_checked", now.new));
  }

  #download(): void {
    const rows = this.#failures.map(({ path, bytes, code, said }) => [path, bytes ?? "", code, this.#reason({ path, bytes, code, said })]);
    const head = ["path", "bytes", "code", "reason"];
    const address = URL.createObjectURL(new Blob([csv([head, ...rows])], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = "vigie-not-taken.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
}
