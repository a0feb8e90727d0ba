// Cuts a font down to some characters: node scripts/latin_font.mjs SOURCE TARGET, with {"text", "features", "lightest", "heaviest"} as JSON on standard input.
import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import subsetFont from "subset-font";

const [source, target] = process.argv.slice(2);
const wanted = JSON.parse(await text(process.stdin));
const cut = await subsetFont(await readFile(source), wanted.text, {
  targetFormat: "woff2",
  keepFeatures: wanted.features,
  variationAxes: { wght: { min: wanted.lightest, max: wanted.heaviest } },
});
await writeFile(target, cut);
