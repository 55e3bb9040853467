// The six stages a file goes through. A stage counts only what is true: the browser's own counter for
// "hashed" and "checked", the server's for everything that happens there.

export const STAGES = ["hashed", "checked", "sent", "verified", "analysed", "matched"] as const;
export type StageName = (typeof STAGES)[number];

export interface StageCount {
  done: number;
  total: number;
}
export type StageCounts = Readonly<Record<StageName, StageCount>>;

/** `stop` is a stage that has begun and stands still because the person paused or the link is cut. */
export type StageState = "wait" | "now" | "done" | "stop";

export interface LocalCounts {
  files: number;
  hashed: number;
  checked: number;
  wanted: number;
  sent: number;
}

/** Joins both sides. The server may know less (an old answer) but never more than was sent from here,
 *  except after a reload, when it already holds files of this submission: then its figure wins. */
export function joinCounts(local: LocalCounts, server: Partial<StageCounts> | null): StageCounts {
  const sent = Math.max(local.sent, server?.sent?.done ?? 0);
  const target = Math.max(local.wanted, server?.sent?.total ?? 0, sent);
  const after = (name: StageName): StageCount => {
    const reported = server?.[name];
    const total = Math.max(reported?.total ?? 0, target);
    return { done: Math.min(reported?.done ?? 0, total), total };
  };
  return {
    hashed: { done: local.hashed, total: local.files },
    checked: { done: local.checked, total: local.files },
    sent: { done: sent, total: target },
    verified: after("verified"),
    analysed: after("analysed"),
    matched: after("matched"),
  };
}

/** 0 to 100, rounded down: 100 only when everything is done. */
export function percent(count: StageCount): number {
  if (count.total <= 0) return 0;
  return Math.min(100, Math.floor((count.done * 100) / count.total));
}

/** State of one stage. `final`: the total of this stage cannot grow any more. */
export function stageState(count: StageCount, final: boolean, stopped: boolean): StageState {
  if (final && count.done >= count.total) return "done";
  if (count.done === 0) return "wait";
  return stopped ? "stop" : "now";
}
