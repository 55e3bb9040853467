// The uploader: its own bundle, loaded only by pages that hand in files.
import { UploadPanel } from "./upload-panel";

if (!customElements.get("upload-panel")) customElements.define("upload-panel", UploadPanel);
