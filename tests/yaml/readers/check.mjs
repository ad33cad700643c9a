// Reads the objects of the argument's directory with the readers of npm and compares them with the texts beside them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { parse } from "yaml";

const file = (name) => readFileSync(join(process.argv[2], name), "utf8");
const texts = JSON.parse(file("texts.json"));
const readers = {
  "yaml (1.2)": (text) => parse(text),
  "yaml (1.1)": (text) => parse(text, { version: "1.1" }),
  "js-yaml": (text) => load(text),
};

for (const [name, read] of Object.entries(readers)) {
  const [values, keys] = ["values.yaml", "keys.yaml"].map((name) => new Map(Object.entries(read(file(name)).data)));
  const wrong = texts.filter((text, i) => values.get(`v${i}`) !== text || keys.get(text) !== `k${i}`);
  if (wrong.length > 0 || values.size !== texts.length || keys.size !== texts.length) {
    console.error(`${name} reads these as something else: ${JSON.stringify(wrong.slice(0, 20))}`);
    process.exitCode = 1;
  } else {
    console.log(`${name}: ${texts.length} texts, all as they were`);
  }
}
