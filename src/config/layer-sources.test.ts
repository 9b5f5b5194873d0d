import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveLayerSources } from './layer-sources.ts';
import { readConfig } from './read-config.ts';
import { settingsWith } from './settings.ts';

const settings = settingsWith({ transports: [] });

function policyOf(yaml: string): string {
  const file = { name: 'c.yaml', text: `clair: ${yaml}` };
  return resolveLayerSources(readConfig({ settings, file, env: {} })).policy;
}

test('resolves auto to open only when the API listens on the loopback interface alone', () => {
  for (const addr of ['127.0.0.1:6060', 'localhost:6060', '[::1]:6060', '127.1.2.3:1'])
    assert.equal(policyOf(`{ api: { addr: "${addr}" } }`), 'open', addr);
  for (const addr of ['', ':6060', '0.0.0.0:6060', '[::]:6060', '10.0.0.1:6060', '127.example.org:6060'])
    assert.equal(policyOf(`{ api: { addr: "${addr}" } }`), 'strict', addr);
});

test('keeps an explicit policy whatever address the API listens on', () => {
  assert.equal(policyOf('{ worker: { sources: { policy: open } } }'), 'open');
  assert.equal(
    policyOf('{ api: { addr: "127.0.0.1:1" }, worker: { sources: { policy: strict } } }'),
    'strict',
  );
});
