import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describedNativeRoutes } from '../../src/api/http/native/routes.ts';
import { protoPackage, rpcs } from '../../src/api/http/v3/rpcs.ts';
import { settings } from '../../src/cli/config.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { referencePages } from '../../tools/reference.ts';
import { filesLike, textOf } from './tree.ts';

test('the reference lists every command, option, setting and metric: npm run reference', async () => {
  for (const [path, text] of await referencePages())
    if (path.endsWith('.json')) assert.deepEqual(JSON.parse(textOf(path)), JSON.parse(text), path);
    else assert.equal(textOf(path), text, path);
});

test('docs/reference/api-v3.md lists every method of the v3 API with its path and scope', () => {
  const page = textOf('docs/reference/api-v3.md');
  for (const { service, method, verb, path, scope } of rpcs) {
    const place = `${verb} ${path.replace(/:(\w+)/g, '{$1}')}`;
    assert.ok(
      page.includes(`| \`${protoPackage}.${service}/${method}\` | \`${place}\` | \`${scope}\` |`),
      method,
    );
  }
});

test('docs/reference/http.md lists every additional route', () => {
  const page = textOf('docs/reference/http.md');
  for (const { route, path } of describedNativeRoutes())
    assert.ok(page.includes(`## \`${route.method} ${path.replace(':id', 'ID')}\``), path);
});

test('every configuration file in a document is valid', () => {
  let files = 0;
  for (const { path, text } of filesLike('*.md', 'docs/**/*.md'))
    for (const [, content = ''] of text.matchAll(/^```yaml.*\n([\s\S]*?)^```$/gm)) {
      if (!content.startsWith('clair:')) continue;
      files++;
      readConfig({ settings, file: { name: path, text: content }, env: {} });
    }
  assert.ok(files >= 2);
});
