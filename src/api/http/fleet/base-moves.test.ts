import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import { debianRecord, fleetServer } from '../../../testing/fleet-server.ts';
import { type BuiltImage, buildImage } from '../../../testing/image-builder.ts';
import { tar } from '../../../testing/tar-writer.ts';

/** Returns an image with a layer for each state of Debian's package database. */
function debianLayers(...states: readonly (readonly string[])[]): BuiltImage {
  return releaseLayers('12', states);
}

function releaseLayers(version: string, states: readonly (readonly string[])[]): BuiltImage {
  const release = { path: 'etc/os-release', content: `ID=debian\nVERSION_ID=${version}\n` };
  return buildImage({
    compression: 'gzip',
    steps: states.map((packages) => {
      const status = packages.map((text) => {
        const [name, version] = text.split(' ');
        return `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\n\n`;
      });
      return { tar: tar([release, { path: 'var/lib/dpkg/status', content: status.join('') }]) };
    }),
  });
}

interface Report {
  readonly matches: readonly {
    readonly vulnerability: { readonly id: string };
    readonly package: { readonly purl: string };
  }[];
}

interface Upgrades {
  readonly upgrades: readonly {
    readonly kind: string;
    readonly package: string | null;
    readonly images: number;
    readonly version: string | null;
    readonly fixedVersion: string | null;
    readonly text: string;
    readonly closes: { readonly findings: number };
  }[];
  readonly before: { readonly findings: number };
  readonly after: { readonly findings: number };
}

test('ranks moves to newer base images with the other upgrades, and counts no finding twice', async (t) => {
  const { applyDebian, scan, clock, store, get, repository } = await fleetServer(t, { extensions });
  await applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.9-1', severity: 'High' }),
    debianRecord('CVE-2026-2', 'bash', { fixed: '5.3-1', severity: 'High' }),
    debianRecord('CVE-2026-3', 'curl', { fixed: '8-1', severity: 'Low' }),
    debianRecord('CVE-2026-4', 'zlib', { fixed: '2-1', severity: 'Low' }),
  ]);
  const at = async (image: BuiltImage, tag: string): Promise<string> => {
    clock.at += 60_000;
    return await scan(image, tag);
  };
  const base = ['openssl 3.0.1-1', 'bash 5.2-1'];
  const newBase = ['openssl 3.0.9-1', 'bash 5.3-1', 'zlib 1-1'];
  const old = await at(debianLayers(base), 'base');
  const onOld = [
    await at(debianLayers(base, [...base, 'curl 7-1']), 'web'),
    await at(debianLayers(base, [...base, 'less 1-1']), 'jobs'),
  ];
  const elsewhere = await at(debianLayers(['openssl 3.0.1-1']), 'other');
  const newer = await at(debianLayers(newBase), 'base');
  const findingsOf = async (digest: string): Promise<string[]> => {
    const { matches } = await get<Report>(`/images/${digest}/report`);
    return matches.map(({ vulnerability, package: item }) => `${vulnerability.id} ${item.purl}`);
  };
  // From the reports of the images alone.
  const ofOld = await findingsOf(old);
  const ofNewer = await findingsOf(newer);
  let closed = 0;
  let open = 0;
  for (const digest of [...onOld, elsewhere, newer]) open += (await findingsOf(digest)).length;
  for (const digest of onOld) {
    closed += (await findingsOf(digest)).filter((finding) => ofOld.includes(finding)).length;
    closed -= ofNewer.length;
  }
  await countFindings({ store, extensions, signal: new AbortController().signal });
  const { upgrades, before, after } = await get<Upgrades>('/upgrades?limit=100');
  assert.equal(before.findings, open);
  const [first, ...others] = upgrades;
  assert.deepEqual([first?.kind, first?.images, first?.closes.findings], ['base-image', 2, closed]);
  assert.deepEqual([first?.package, first?.version, first?.fixedVersion], [`${repository}:base`, old, newer]);
  assert.equal(first?.text, `Build again on the newer base image ${repository}:base instead of an older one`);
  // The move has left them nothing in the images on the old base.
  assert.deepEqual(others.map((one) => [one.kind, one.package, one.images, one.closes.findings]).sort(), [
    ['distro-package', 'curl', 1, 1],
    ['distro-package', 'openssl', 1, 1],
    ['distro-package', 'zlib', 3, 3],
  ]);
  assert.equal(after.findings, 0);
});

test('takes no image as a newer base that is not assessed', async (t) => {
  const { applyDebian, scan, clock, store, get } = await fleetServer(t, { extensions });
  await applyDebian([debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.9-1', severity: 'High' })]);
  await scan(debianLayers(['openssl 3.0.1-1']), 'base');
  await scan(debianLayers(['openssl 3.0.1-1'], ['openssl 3.0.1-1', 'less 1-1']), 'web');
  clock.at += 60_000;
  // No advisories are of this release.
  await scan(releaseLayers('99', [['openssl 3.0.9-1']]), 'base');
  await countFindings({ store, extensions, signal: new AbortController().signal });
  const { upgrades } = await get<Upgrades>('/upgrades');
  assert.deepEqual(
    upgrades.map(({ kind }) => kind),
    ['distro-package'],
  );
});

test('names no base image to a token that is limited to repositories', async (t) => {
  const secretOf = (name: string): string => `the-secret-of-${name}`;
  const entry = (name: string, repositories: string): string =>
    `read:${createHash('sha256').update(secretOf(name)).digest('hex')}:${name}${repositories}`;
  const tokens = [entry('everything', ''), entry('app', '::127.0.0.1:*/app')];
  const { applyDebian, scan, clock, store, call, repository } = await fleetServer(t, { extensions, tokens });
  await applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.9-1' }),
    debianRecord('CVE-2026-2', 'bash', { fixed: '5.3-1' }),
  ]);
  const base = ['openssl 3.0.1-1', 'bash 5.2-1'];
  await scan(debianLayers(base), 'base');
  await scan(debianLayers(base, [...base, 'less 1-1']), 'web');
  clock.at += 60_000;
  await scan(debianLayers(['openssl 3.0.9-1', 'bash 5.3-1']), 'base');
  await countFindings({ store, extensions, signal: new AbortController().signal });
  const kindsFor = async (name: string): Promise<string[]> => {
    const headers = { authorization: `Bearer ${secretOf(name)}` };
    const { upgrades } = (await (
      await call(`/upgrades?repository=${repository}`, { headers })
    ).json()) as Upgrades;
    return upgrades.map(({ kind }) => kind);
  };
  assert.deepEqual(await kindsFor('everything'), ['base-image']);
  assert.deepEqual(await kindsFor('app'), ['distro-package', 'distro-package']);
});
