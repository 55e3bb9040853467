// Hashes files away from the page, so that the page stays quick. The server sends this file with its own
// policy header, the only one that allows WebAssembly; the page's policy stays strict.
import { digestsOf } from "./hashing";
import type { HashAnswer, HashOrder } from "./hash-client";

interface WorkerScope {
  onmessage: ((event: MessageEvent<HashOrder>) => void) | null;
  postMessage(answer: HashAnswer): void;
}
const scope = self as unknown as WorkerScope;

scope.onmessage = (event) => {
  const { id, file } = event.data;
  digestsOf(file, (read) => scope.postMessage({ id, kind: "progress", read })).then(
    (digests) => scope.postMessage({ id, kind: "digests", digests }),
    (error: unknown) => {
      const reason = error instanceof Error ? error.name : "Error";
      scope.postMessage({ id, kind: "failed", reason });
    },
  );
};
