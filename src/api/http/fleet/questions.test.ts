import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import type { Explanation } from '../../../model/explanation.ts';
import type { ImageDifference } from '../../../service/fleet/compare-images.ts';
import { debianImage, debianRecord, fleetServer } from '../../../testing/fleet-server.ts';
import { storeEngines } from '../../../testing/store-engines.ts';

const dayMs = 24 * 3_600_000;

/** Returns the differences as lines, such as `gone CVE-1 image`. */
function linesOf({ findings }: ImageDifference): string[] {
  return (['gone', 'new', 'changed'] as const).flatMap((kind) =>
    findings[kind].map(({ vulnerability, cause }) => `${kind} ${vulnerability} ${cause}`),
  );
}

for (const engine of storeEngines)
  test(`${engine.name}: separates what changed with the image from what changed with the advisories`, async (t) => {
    const { scan, applyDebian, clock, get, repository } = await fleetServer(t, { extensions, engine });
    await applyDebian([
      debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1' }),
      debianRecord('CVE-2026-2', 'bash', { fixed: '5.3-1' }),
      debianRecord('CVE-2026-3', 'zlib', { fixed: '2-1', severity: 'Low' }),
      debianRecord('CVE-2026-7', 'zlib', { fixed: '9-1' }),
    ]);
    const old = await scan(debianImage('openssl 3.0.1-1', 'bash 5.2-1', 'zlib 1-1'), '1');
    const rebuilt = await scan(debianImage('openssl 3.0.2-1', 'bash 5.2-1', 'zlib 1-1', 'curl 8-1'), '2');
    const before = new Date(clock.at).toISOString();
    clock.at += dayMs;
    await applyDebian([
      debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1' }),
      debianRecord('CVE-2026-3', 'zlib', { fixed: '2-1', severity: 'High' }),
      debianRecord('CVE-2026-5', 'bash', { fixed: '5.3-1' }),
      debianRecord('CVE-2026-6', 'curl', { fixed: '9-1', severity: 'Critical' }),
      debianRecord('CVE-2026-7', 'zlib', { fixed: '9-1' }),
    ]);

    const both = await get<ImageDifference>(`/diff?a=${repository}:1&b=${repository}:2&aAsOf=${before}`);
    assert.deepEqual(linesOf(both), [
      'gone CVE-2026-2 knowledge',
      'gone CVE-2026-1 image',
      'new CVE-2026-6 knowledge',
      'new CVE-2026-5 knowledge',
      'changed CVE-2026-3 knowledge',
    ]);
    assert.deepEqual(both.findings.changed[0]?.before, {
      severity: 'Low',
      fix: { state: 'fixed', version: '2-1' },
    });
    assert.equal(both.findings.same, 1);
    assert.deepEqual(
      [both.a.digest, both.a.asOf, both.b.digest, both.b.asOf],
      [old, before, rebuilt, new Date(clock.at).toISOString()],
    );
    assert.deepEqual(both.b.names, [`${repository}:2`]);
    assert.deepEqual(both.packages, {
      added: [{ type: 'deb', name: 'curl', versions: ['8-1'] }],
      removed: [],
      changed: [{ type: 'deb', name: 'openssl', from: ['3.0.1-1'], to: ['3.0.2-1'] }],
    });
    assert.equal(
      both.headline,
      '1 gone because the image changed, 1 gone because the advisories changed, 2 new because the advisories changed, ' +
        '1 with another severity or fix because the advisories changed; 1 the same',
    );

    const now = await get<ImageDifference>(`/diff?a=${old}&b=${rebuilt}`);
    assert.deepEqual(linesOf(now), ['gone CVE-2026-1 image', 'new CVE-2026-6 image']);
    const time = await get<ImageDifference>(`/diff?a=${rebuilt}&b=${rebuilt}&aAsOf=${before}`);
    assert.deepEqual(new Set(time.findings.new.map(({ cause }) => cause)), new Set(['knowledge']));
    assert.deepEqual(time.packages, { added: [], removed: [], changed: [] });
    assert.equal(
      (await get<ImageDifference>(`/diff?a=${old}&b=${old}`)).headline,
      'no finding differs; 4 the same',
    );
  });

test('says that a finding is gone because a rule suppresses it, and what was not assessed', async (t) => {
  const { scan, applyDebian, clock, get, call } = await fleetServer(t, { extensions });
  const digest = await scan(debianImage('openssl 3.0.1-1'), '1');
  const unloaded = new Date(clock.at).toISOString();
  clock.at += dayMs;
  await applyDebian([debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1' })]);
  const loaded = await get<ImageDifference>(`/diff?a=${digest}&b=${digest}&aAsOf=${unloaded}`);
  assert.deepEqual(linesOf(loaded), ['new CVE-2026-1 knowledge']);
  assert.deepEqual([loaded.a.assessed, loaded.a.verdict, loaded.b.assessed], [false, 'not-assessed', true]);
  assert.match(loaded.a.notAssessed.join(), /debian:12.*not yet loaded/);
  assert.match(loaded.headline, /; not everything in a was assessed$/);
  await call('/suppressions/team.yaml', {
    method: 'PUT',
    body: 'ignore:\n  - id: CVE-2026-1\n    version: 3.0.1-1\n    reason: not reachable\n',
  });
  const other = await scan(debianImage('openssl 3.0.1-2'), '2');
  const { findings } = await get<ImageDifference>(`/diff?a=${other}&b=${digest}`);
  assert.match(findings.gone[0]?.suppressed ?? '', /not reachable/);
});

test('explains why an image has a vulnerability, and why not', async (t) => {
  const { scan, applyDebian, clock, get, refusal } = await fleetServer(t, { extensions });
  await applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1' }),
    debianRecord('CVE-2026-2', 'openssl', { fixed: '3.0.1-1' }),
  ]);
  const digest = await scan(debianImage('openssl 3.0.1-1'), '1');
  const before = new Date(clock.at).toISOString();
  clock.at += dayMs;
  await applyDebian([debianRecord('CVE-2026-2', 'openssl', { fixed: '3.0.1-1' })]);
  const path = `/images/${digest}/explain`;
  const outcome = async (query: string) => {
    const { packages, remarks, isKnown } = await get<Explanation>(`${path}?vulnerability=${query}`);
    return [packages.map(({ outcome: is, reason }) => `${is}: ${reason}`), remarks, isKnown];
  };
  assert.deepEqual(await outcome(`CVE-2026-1&asOf=${before}`), [
    ['reported: Medium by debian, fixed in 3.0.2-1'],
    [],
    true,
  ]);
  assert.deepEqual(await outcome('CVE-2026-1'), [[], ['no loaded advisory has the name CVE-2026-1'], false]);
  assert.deepEqual(await outcome('cve-2026-2&package=openssl'), [
    ['not-reported: 3.0.1-1 is not < 3.0.1-1'],
    [],
    true,
  ]);
  assert.deepEqual(await outcome('CVE-2026-2&package=curl'), [
    [],
    ['no package curl is installed in the image', 'the advisories cover openssl in debian:12'],
    true,
  ]);
  assert.deepEqual(await refusal(path), [400, 'vulnerability must be given once']);
  assert.deepEqual(await refusal(`${path}?vulnerability=`), [400, 'vulnerability must not be empty']);
  assert.deepEqual(await refusal(`${path}?vulnerability=A&asOf=yesterday`), [
    400,
    'asOf must be a day such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z',
  ]);
  assert.deepEqual(await refusal(`${path}?vulnerability=A&asOf=2099-01-01T00:00:00Z`), [
    400,
    '2099-01-01T00:00:00.000Z is in the future',
  ]);
  const unknown = `sha256:${'0'.repeat(64)}`;
  const missing = [404, `no image has the name or digest ${unknown}`];
  assert.deepEqual(await refusal(`/images/${unknown}/explain?vulnerability=A`), missing);
  assert.deepEqual(await refusal(`/diff?a=${digest}&b=${unknown}`), missing);
  assert.deepEqual(await refusal(`/diff?a=${digest}&b=`), [
    400,
    ' is neither a name nor a digest of an image',
  ]);
  assert.deepEqual(await refusal(`/diff?a=${digest}`), [400, 'b must be given once']);
});

test('shows a token of some repositories only images with a name in them', async (t) => {
  const entry = (text: string, patterns: string) =>
    `read:${createHash('sha256').update(text).digest('hex')}:${text}::${patterns}`;
  const { scan, applyDebian, call } = await fleetServer(t, {
    extensions,
    tokens: [entry('insider', '127.0.0.1:*/app'), entry('outsider', 'registry.example/**')],
  });
  await applyDebian([]);
  const digest = await scan(debianImage('openssl 3.0.1-1'), '1');
  for (const path of [`/images/${digest}/explain?vulnerability=CVE-2026-1`, `/diff?a=${digest}&b=${digest}`])
    for (const [token, status] of [
      ['insider', 200],
      ['outsider', 404],
    ] as const)
      assert.equal(
        (await call(path, { headers: { authorization: `Bearer ${token}` } })).status,
        status,
        `${token} ${path}`,
      );
});

test('reads a time in the past in the same form on all routes', async (t) => {
  const { refusal } = await fleetServer(t, { extensions });
  const unknown = `sha256:${'0'.repeat(64)}`;
  const routes = [
    [`/images/${unknown}/report?`, 'asOf'],
    [`/images/${unknown}/upgrades?`, 'asOf'],
    [`/images/${unknown}/explain?vulnerability=CVE-2026-1&`, 'asOf'],
    ['/advisories/CVE-2026-1/images?', 'asOf'],
    [`/diff?a=${unknown}&b=${unknown}&`, 'aAsOf'],
    [`/diff?a=${unknown}&b=${unknown}&`, 'bAsOf'],
  ] as const;
  for (const [path, name] of routes) {
    for (const time of ['2026-02-27', '2026-02-27T12:00:00%2B02:00'])
      assert.equal((await refusal(`${path}${name}=${time}`))[0], 404);
    for (const text of ['Mar 2 2026 05:36:30', '2026-03-02T12:00:00', '2026-02-30'])
      assert.deepEqual(await refusal(`${path}${name}=${encodeURIComponent(text)}`), [
        400,
        `${name} must be a day such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z`,
      ]);
  }
});
