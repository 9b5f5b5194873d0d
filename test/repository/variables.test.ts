import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from './tree.ts';

test('no variable of an option is one of the server, of registries or of the tests', () => {
  const options = Array.from(
    textOf('docs/reference/command-line.md').matchAll(/^\| `--[a-z-]+` \| `(CLAIR_\w+)`/gm),
    ([, variable = '']) => variable,
  );
  const settings = new Set(textOf('docs/reference/configuration.md').match(/CLAIR_\w+/g));
  assert.ok(
    options.length > 20 && settings.size > 30,
    `${options.length} options, ${settings.size} settings`,
  );
  for (const variable of options) {
    assert.ok(!settings.has(variable), `${variable} is a setting of the server`);
    assert.doesNotMatch(variable, /^CLAIR_(?:REGISTRY|TEST)_/);
    // Variables of Klar whose values would mean something else here. Its CLAIR_TIMEOUT, a number, is refused.
    assert.doesNotMatch(variable, /^CLAIR_(?:ADDR|OUTPUT|THRESHOLD)$/);
  }
});
