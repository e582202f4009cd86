// Compiles the style sheet and copies NHS.UK frontend's script into ../static/build.
// Invariant: what is built names no outside host, so no page can call one.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const library = join(here, "node_modules", "nhsuk-frontend", "dist", "nhsuk");
const built = join(here, "..", "static", "build");
const { version } = JSON.parse(readFileSync(join(here, "node_modules", "nhsuk-frontend", "package.json"), "utf8"));

rmSync(built, { recursive: true, force: true });
mkdirSync(built, { recursive: true });

const { css } = sass.compile(join(here, "hearthwatch.scss"), {
  loadPaths: [join(here, "node_modules")],
  style: "compressed",
  quietDeps: true,
});
const outside = css.match(/url\(["']?(?:https?:)?\/\/[^)]*\)/i);
if (outside) {
  throw new Error(`The style sheet calls an outside host: ${outside[0]}`);
}
writeFileSync(join(built, "hearthwatch.css"), css);
copyFileSync(join(library, `nhsuk-frontend-${version}.min.js`), join(built, "nhsuk-frontend.min.js"));
console.log(`assets: hearthwatch.css, ${Math.round(css.length / 1024)} kB; nhsuk-frontend.min.js ${version}`);
