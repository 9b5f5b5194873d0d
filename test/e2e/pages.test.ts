import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { inCheckout } from './clair.ts';
import { installPacked, missingNode, type NodeUnderTest, nodesUnderTest } from './packed.ts';

/** A fenced block of a page, with the words after its first fence. */
function blocksOf(page: string): { readonly info: string; readonly content: string }[] {
  return [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', content = '']) => ({
    info,
    content,
  }));
}

/** Result of following a page. */
interface Followed {
  readonly directory: string;
  readonly steps: number;
  /** Output of the last step. */
  readonly printed: string;
  /** Output of all steps. */
  readonly output: string;
}

/**
 * Follows a page: writes blocks that name a file, and runs shell blocks. Compares the start of the output with the text block that follows,
 * in which `…` matches any text.
 */
function follow(t: TestContext, page: string, node?: NodeUnderTest): Followed {
  const directory = temporaryDirectory(t);
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  if (node === undefined) symlinkSync(inCheckout('bin/clair'), join(bin, 'clair'));
  else usePacked(directory, bin, node);
  symlinkSync(inCheckout('examples'), join(directory, 'examples'));
  const cache = join(directory, 'cache');
  const env = {
    ...process.env,
    PATH: [bin, process.env['PATH']].join(delimiter),
    XDG_CACHE_HOME: cache,
  };
  let printed = '';
  let output = '';
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
    output += printed;
  }
  return { directory, steps, printed, output };
}

/** Prepares what the plugin page assumes: a module that depends on the packed clair. */
function usePacked(directory: string, bin: string, { path = process.execPath }: NodeUnderTest): void {
  installPacked(directory);
  writeFileSync(join(directory, 'package.json'), '{"type": "module"}');
  symlinkSync(path, join(bin, 'node'));
  symlinkSync('../node_modules/clair-ts/dist/bin/clair.js', join(bin, 'clair'));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function assertBegins(printed: string, shown: string): void {
  if (!shown.includes('…')) assert.equal(printed.slice(0, shown.length), shown);
  else assert.match(printed, new RegExp(`^${shown.split('…').map(escaped).join('[\\s\\S]*?')}`));
}

for (const node of nodesUnderTest)
  test(`the plugin tutorial works with the packed command on ${node.name}`, {
    skip: missingNode(node),
  }, (t) => {
    const { steps, output } = follow(t, 'docs/plugins.md', node);
    assert.equal(steps, 13);
    for (const word of [
      'CVE-2026-1000',
      'rocket',
      '1.9.0',
      '2.0.1',
      'acme:7',
      'acme lists what was installed',
      'acme advisories are read',
      'acme-os reads the release file',
      'acme builds order by number, then by letter',
      'CVE-2026-2000',
    ])
      assert.ok(output.includes(word), word);
    assert.match(output, /^# pass 1$|pass 1$/m);
  });

test('the getting-started page works as written', (t) => {
  const { steps, printed } = follow(t, 'docs/getting-started.md');
  assert.equal(steps, 5);
  for (const word of ['redis', '7.2.5-r0', '7.2.5-r1']) assert.ok(printed.includes(word), word);
});

test('the pages on explain, diff and point-in-time scans work as written', (t) => {
  const { steps, printed } = follow(t, 'docs/explain.md');
  assert.equal(steps, 5);
  assert.match(printed, /^Verdict: not assessed/);
});

test('the pages on rules and VEX work as written', (t) => {
  const { steps, printed } = follow(t, 'docs/policy.md');
  assert.equal(steps, 4);
  assert.match(printed, /^2 suppressed: not affected, says Example Ltd /m);
});

test('the page on upgrades works as written', (t) => {
  const { steps, printed } = follow(t, 'docs/upgrade.md');
  assert.equal(steps, 4);
  assert.match(printed, /"gain": 0\.\d+,$/m);
});

test('the page on comparisons works as written', (t) => {
  const { steps, printed } = follow(t, 'docs/compare.md');
  assert.equal(steps, 1);
  assert.match(printed, /^peer +zlib +1\.3\.1-r1 +CVE-2022-37434 +Critical +peer\/version-order /m);
});
