import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkLister } from '../../src/plugin/contract/index.ts';
import type { Plugin } from '../../src/plugin/plugin.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { inCheckout } from './clair.ts';

/** What stands between fences in a page, with the words behind the first fence. */
function blocksOf(page: string): { readonly info: string; readonly content: string }[] {
  return [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', content = '']) => ({
    info,
    content,
  }));
}

/** How a page was followed. */
interface Followed {
  readonly directory: string;
  readonly steps: number;
  /** What the last step printed. */
  readonly printed: string;
}

/**
 * Does what a page says: writes blocks that have the name of a file, runs those of the shell, and finds at the beginning of what was
 * printed the block of text that follows, where `…` stands for anything.
 */
function follow(t: TestContext, page: string): Followed {
  const directory = temporaryDirectory(t);
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  symlinkSync(inCheckout('bin/clair'), join(bin, 'clair'));
  symlinkSync(inCheckout('examples'), join(directory, 'examples'));
  const cache = join(directory, 'cache');
  const env = {
    ...process.env,
    PATH: [bin, process.env['PATH']].join(delimiter),
    XDG_CACHE_HOME: cache,
  };
  let printed = '';
  let steps = 0;
  for (const { info, content } of blocksOf(readFileSync(inCheckout(page), 'utf8'))) {
    const [kind, file] = info.split(' ');
    if (file !== undefined) writeFileSync(join(directory, file), content);
    if (kind === 'text') assertBegins(printed, content);
    if (kind !== 'sh') continue;
    steps++;
    const run = spawnSync('sh', ['-e', '-c', content], { cwd: directory, env, encoding: 'utf8' });
    assert.equal(run.status, 0, `${content}\n${run.stderr}`);
    printed = run.stdout;
  }
  return { directory, steps, printed };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function assertBegins(printed: string, shown: string): void {
  if (!shown.includes('…')) assert.equal(printed.slice(0, shown.length), shown);
  else assert.match(printed, new RegExp(`^${shown.split('…').map(escaped).join('[\\s\\S]*?')}`));
}

test('the tutorial of plugins does what it says, step by step', async (t) => {
  const { directory, steps, printed } = follow(t, 'docs/plugins.md');
  assert.equal(steps, 3);
  for (const word of ['CVE-2026-1000', 'rocket', '1.9.0', '2.0.1']) assert.ok(printed.includes(word), word);
  const { plugin } = (await import(join(directory, 'acme.ts'))) as { readonly plugin: Plugin };
  for (const lister of plugin.listers ?? [])
    checkLister(lister, [
      { files: { 'etc/acme/packages.txt': 'rocket 1.9.0\n' }, packages: ['rocket 1.9.0'] },
    ]);
});

test('the first steps do what they say', (t) => {
  const { steps, printed } = follow(t, 'docs/getting-started.md');
  assert.equal(steps, 4);
  for (const word of ['redis', '7.2.5-r0', '7.2.5-r1']) assert.ok(printed.includes(word), word);
});

test('what is told of explanations, differences and the past is so', (t) => {
  const { steps, printed } = follow(t, 'docs/explain.md');
  assert.equal(steps, 5);
  assert.match(printed, /^Verdict: not assessed/);
});

test('what is told of rules and of VEX is so', (t) => {
  const { steps, printed } = follow(t, 'docs/policy.md');
  assert.equal(steps, 4);
  assert.match(printed, /^2 suppressed: not affected, says Example Ltd /m);
});
