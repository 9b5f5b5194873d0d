import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { debianImage, debianRecord, fleetServer } from '../../../testing/fleet-server.ts';

interface Plan {
  readonly upgrades: readonly {
    readonly package: string;
    readonly fixedVersion: string;
    readonly closes: { readonly findings: number };
  }[];
  readonly remaining: readonly { readonly reason: string; readonly findings: readonly { id: string }[] }[];
  readonly doubts: readonly string[];
  readonly before: { readonly findings: number };
  readonly after: { readonly findings: number };
}

test('plans the upgrades of an image, each to the highest version that it needs', async (t) => {
  const { get, call, scan, applyDebian, refusal } = await fleetServer(t, { extensions });
  await applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1', severity: 'High' }),
    // As text, 3.0.10 is lower than 3.0.2.
    debianRecord('CVE-2026-2', 'openssl', { fixed: '3.0.10-1', severity: 'Low' }),
    debianRecord('CVE-2026-3', 'bash', { fixed: '5.3-1', severity: 'Low' }),
  ]);
  const digest = await scan(debianImage('openssl 3.0.1-1', 'bash 5.2-1'), 'one');
  const plan = await get<Plan>(`/images/${digest}/upgrades`);
  assert.deepEqual(
    plan.upgrades.map((one) => [one.package, one.fixedVersion, one.closes.findings]),
    [
      ['openssl', '3.0.10-1', 2],
      ['bash', '5.3-1', 1],
    ],
  );
  assert.deepEqual([plan.before.findings, plan.after.findings], [3, 0]);
  assert.ok(plan.doubts.includes('the list of exploited vulnerabilities (KEV) is not loaded'));
  const first = await get<Plan>(`/images/${digest}/upgrades?limit=1`);
  assert.deepEqual(
    first.remaining.map(({ reason, findings }) => [reason, findings.map(({ id }) => id)]),
    [['not-listed', ['CVE-2026-3']]],
  );
  const markdown = await call(`/images/${digest}/upgrades`, { headers: { accept: 'text/markdown' } });
  assert.match(await markdown.text(), /Upgrade openssl from 3\.0\.1-1 to 3\.0\.10-1/);
  const patch = await call(`/images/${digest}/upgrades`, { headers: { accept: 'text/x-dockerfile' } });
  assert.equal(patch.headers.get('content-type'), 'text/x-dockerfile; charset=utf-8');
  assert.match(await patch.text(), /^# Upgrades: before 3 findings \(1 High, 2 Low\), after 0 findings\.$/m);
  assert.equal((await refusal(`/images/sha256:${'0'.repeat(64)}/upgrades`))[0], 404);
  assert.equal((await refusal(`/images/${digest}/upgrades?limit=0`))[0], 400);
});
