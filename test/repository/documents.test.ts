import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename, dirname, posix } from 'node:path';
import { test } from 'node:test';
import { absolutePath, filesLike, textOf } from './tree.ts';

const pages = filesLike('*.md', 'docs/**/*.md', 'examples/**/*.md');

test('the change log has an entry for this version', () => {
  const { version } = JSON.parse(textOf('package.json')) as { version: string };
  const headings = textOf('CHANGELOG.md').match(/^## .*/gm) ?? [];
  assert.ok(
    headings.some((heading) => heading.split(/[ [\]]+/).includes(version)),
    `CHANGELOG.md has no heading "## ${version}"`,
  );
});

test('the list of decisions has every decision once', () => {
  const records = filesLike('docs/adr/[0-9]*.md').map(({ path }) => basename(path));
  const list = textOf('docs/adr/README.md');
  const linked = Array.from(list.matchAll(/\]\((\d{4}-[a-z\d-]+\.md)\)/g), ([, name]) => name);
  assert.deepEqual(linked, records);
  const numbers = records.map((name) => name.slice(0, 4));
  assert.equal(new Set(numbers).size, numbers.length);
});

test('links between documents have a target', () => {
  const broken = pages.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g), ([, target = '']) => target)
      .filter((target) => !existsSync(absolutePath(posix.join(dirname(path), target))))
      .map((target) => `${path}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('links to a heading lead to one that the document has', () => {
  const anchors = new Map(pages.map(({ path, text }) => [path, anchorsOf(text)]));
  const broken = pages.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/\]\((?!\w+:)([^)#\s]*)#([^)\s]+)\)/g), ([, target = '', anchor = '']) => {
      const page = target === '' ? path : posix.join(dirname(path), target);
      return anchors.get(page)?.has(anchor) === false ? [`${path}: ${target}#${anchor}`] : [];
    }).flat(),
  );
  assert.deepEqual(broken, []);
});

/** Returns the anchors that GitHub makes of the headings of a page. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = markdown.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm);
  return new Set(Array.from(headings, ([, heading = '']) => anchorOf(heading)));
}

function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}
