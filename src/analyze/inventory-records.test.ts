import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { checkLister } from '../plugin/contract/index.ts';
import type { PackageLister } from '../plugin/package-lister.ts';
import { declaredListers } from './declared/declared-lister.ts';
import { conanLister } from './language/conan/conan.ts';
import { pubLister } from './language/dart/pub.ts';
import { chromeLister } from './language/extensions/chrome.ts';
import { firefoxLister } from './language/extensions/firefox.ts';
import { vscodeLister } from './language/extensions/vscode.ts';
import { hackageLister } from './language/haskell/hackage.ts';
import { juliaLister } from './language/julia/julia.ts';
import { luarocksLister } from './language/lua/luarocks.ts';
import { opamLister } from './language/ocaml/opam.ts';
import { cpanLister } from './language/perl/cpan.ts';
import { wheelClaimListers } from './language/python/wheel-claims.ts';
import { apkLister } from './package/apk.ts';
import { flatpakLister } from './package/flatpak.ts';
import { homebrewLister } from './package/homebrew.ts';
import { snapLister } from './package/snap.ts';
import { guixLister, nixLister } from './package/store-database.ts';

const listers: readonly PackageLister[] = [
  ...[conanLister, chromeLister, firefoxLister, vscodeLister, hackageLister, luarocksLister, opamLister],
  ...[cpanLister, flatpakLister, snapLister, guixLister, nixLister],
  ...[apkLister, homebrewLister, juliaLister, pubLister, ...wheelClaimListers, ...declaredListers],
];

/** Names of listers by the type of their packages, where they differ. */
const listerNames: Readonly<Record<string, string>> = { cargo: 'claimed-crates', swift: 'declared-swift' };

/** A record that `npm run acceptance:inventory -- --write` keeps: files of a package manager, and what it lists itself. */
const recordSchema = z.object({
  tool: z.string(),
  type: z.string(),
  packages: z.array(z.string()),
  files: z.record(z.string(), z.union([z.string(), z.object({ gzip: z.string() })])),
});

const directory = join(import.meta.dirname, 'testdata/inventory');

for (const file of readdirSync(directory)) {
  const { tool, type, packages, files } = recordSchema.parse(
    JSON.parse(readFileSync(join(directory, file), 'utf8')),
  );
  const lister = listers.find(({ name }) => name === (listerNames[type] ?? type));
  test(`${basename(file, '.json')}: lists what ${tool} lists, by its files`, () => {
    if (lister === undefined) throw new Error(`no lister of ${type}`);
    const contents = Object.entries(files).map(([path, content]) => [path, bytesOf(content)] as const);
    const events = [...lister.list(new Map(contents))];
    const listed = events.flatMap((event) =>
      event.kind === 'package' ? [`${event.package.name} ${event.package.version}`] : [],
    );
    // A package of Haskell has a file for each of its libraries.
    assert.deepEqual([...new Set(listed)].sort(), packages);
    const problems = events.filter((event) => event.kind === 'problem');
    assert.ok(problems.every(({ lacks }) => lacks === 'version'));
    checkLister(lister, [
      { files: Object.fromEntries(contents), packages: listed, problems: problems.length },
    ]);
  });
}

function bytesOf(content: string | { readonly gzip: string }): Buffer {
  return typeof content === 'string' ? Buffer.from(content) : gunzipSync(Buffer.from(content.gzip, 'base64'));
}
