// What is asked of the sender, and how it says no; apart from the library that sends.
import { isPassing } from "./backoff";

export interface SendOrder {
  submission: string;
  entry: number;
  sha256: string;
  file: Blob;
  /** Address of this file's upload when the server already made one, else null. */
  upload: string | null;
}

export class SendFailed extends Error {
  readonly status: number;
  /** True when another try may work: the line is cut or the server is away. */
  readonly passing: boolean;
  constructor(status: number, message: string) {
    super(message);
    this.name = "SendFailed";
    this.status = status;
    this.passing = isPassing(status);
  }
}
