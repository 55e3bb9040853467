// Builds the pages' scripts, style sheet, icons and fonts into the Python package.
// Names are plain: the server's manifest storage adds the hashes. No source maps: their
// comment would make that storage look for a file that is not shipped.
import { build } from "esbuild";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.env.VIGIE_FRONTEND_OUT ?? join(here, "../src/vigie/interfaces/web/static/build");
// light-dark(), :dir() and CSS nesting decide the oldest browsers.
const target = ["chrome123", "firefox120", "safari17.5"];

await rm(out, { recursive: true, force: true });
await mkdir(join(out, "fonts"), { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: {
    vigie: "src/vigie.ts",
    upload: "src/upload.ts",
    "hash-worker": "src/hash-worker.ts",
  },
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target,
  charset: "utf8",
  legalComments: "linked",
  logLevel: "warning",
});
await build({
  absWorkingDir: here,
  entryPoints: { vigie: "css/vigie.css" },
  outdir: out,
  bundle: true,
  minify: true,
  target,
  charset: "utf8",
  assetNames: "fonts/[name]",
  loader: { ".woff2": "file" },
  logLevel: "warning",
});
for (const name of ["icons.svg", "mark.svg"]) await copyFile(join(here, "icons", name), join(out, name));
for (const face of ["noto-sans", "noto-sans-arabic"]) {
  await copyFile(
    join(here, "node_modules/@fontsource-variable", face, "LICENSE"),
    join(out, "fonts", `${face}-OFL.txt`),
  );
}
