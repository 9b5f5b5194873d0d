import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withCpuProfile } from './cpu-profile.ts';

test('writes a profile when the function returns and when it throws', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'clair-profile-'));
  context.after(() => {
    rmSync(folder, { recursive: true });
  });
  const name = join(folder, 'serve.cpuprofile');
  assert.equal(await withCpuProfile(name, async () => 7), 7);
  await assert.rejects(
    withCpuProfile(name, () => Promise.reject(new Error('stopped'))),
    { message: 'stopped' },
  );
  const profile = JSON.parse(readFileSync(name, 'utf8')) as {
    nodes: { callFrame: { functionName: string } }[];
  };
  assert.equal(profile.nodes[0]?.callFrame.functionName, '(root)');
  await assert.rejects(
    withCpuProfile(join(folder, 'none/p'), async () => 7),
    { code: 'output-failed' },
  );
});
