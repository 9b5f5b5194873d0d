import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { V1Feature } from '../../src/api/http/v1/types.ts';
import type { GetAncestryResponse, V3Feature } from '../../src/api/http/v3/types.ts';
import type { Report } from '../../src/model/report.ts';
import { corpusTest } from '../../src/testing/corpus.ts';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { recordings } from '../../src/testing/recordings.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { report } from './clair.ts';
import { corpusMirror } from './mirror.ts';
import { startEndpoints } from './replay/replay.ts';

type Installed = readonly [name: string, version: string, source?: string];

function dpkg(packages: readonly Installed[]): string {
  return packages
    .map(([name, version, source]) => {
      const from = source === undefined ? '' : `Source: ${source}\n`;
      return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\n${from}Version: ${version}\n\n`;
    })
    .join('');
}

function debianLayer(packages: readonly Installed[]): Uint8Array {
  return tar([
    { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n' },
    { path: 'var/lib/dpkg/status', content: dpkg(packages) },
  ]);
}

const base: readonly Installed[] = [
  ['libssl3', '3.0.9-1', 'openssl'],
  ['openssl', '3.0.9-1'],
  ['zlib1g', '1:1.2.13.dfsg-1', 'zlib'],
  ['bash', '5.2.15-2+b2', 'bash (5.2.15-2)'],
];

/** Layers of the images, the base first. */
const images: Readonly<Record<string, () => readonly Uint8Array[]>> = {
  debian: () => [
    debianLayer(base),
    debianLayer([...base, ['curl', '7.88.1-10'], ['libcurl4', '7.88.1-10', 'curl']]),
  ],
  alpine: () => [gunzipSync(readFileSync(`${recordings}/layers/alpine-3.16.tar.gz`))],
};

/** Id, package, version and fix. */
type Finding = string;

function finding(...parts: readonly (string | undefined)[]): Finding {
  return parts.map((part) => part ?? '').join(' ');
}

for (const [name, layersOf] of Object.entries(images))
  corpusTest(`${name}: the v1 API, the v3 API and the command give the same findings`, async (t) => {
    const { files, archive } = written(t, layersOf());
    const database = join(temporaryDirectory(t), 'clair.db');
    const scanned = report('scan', `docker-archive:${archive}`, '--mirror', corpusMirror(), '--db', database);
    const byCommand = ofReport(scanned, ({ name: called, version }) => [called, version]);
    assert.ok(byCommand.length > 1, `${byCommand.length} findings`);

    const { ports } = await startEndpoints(t, database);
    const url = `http://127.0.0.1:${ports.get(36_060)}`;
    const third = await throughV3(url, files);
    assert.deepEqual(findingsOfV3(third, 'binary'), byCommand);
    const first = await throughV1(url, files);
    if (name === 'alpine') {
      assert.deepEqual(first, byCommand);
      assert.deepEqual(findingsOfV3(third, 'source'), []);
    } else {
      const bySource = ofReport(scanned, ({ source }) => [source?.name ?? '', source?.version ?? '']);
      assert.deepEqual(first, bySource);
      assert.deepEqual(findingsOfV3(third, 'source'), bySource);
    }
  });

function written(t: TestContext, layers: readonly Uint8Array[]) {
  const folder = temporaryDirectory(t);
  const archive = join(folder, 'image.tar');
  writeFileSync(archive, dockerArchive(buildImage({ steps: layers.map((layer) => ({ tar: layer })) })));
  const files = layers.map((layer, i) => {
    const path = join(folder, `${i}.tar`);
    writeFileSync(path, layer);
    return path;
  });
  return { files, archive };
}

type Named = Report['matches'][number]['package'];

function ofReport({ matches }: Report, nameOf: (item: Named) => readonly [string, string]): Finding[] {
  const all = matches.map(({ vulnerability, package: item, fix }) =>
    finding(vulnerability.id, ...nameOf(item), fix.state === 'fixed' ? fix.version : ''),
  );
  return [...new Set(all)].sort();
}

async function answerOf<T>(url: string, body?: object): Promise<T> {
  const response = await fetch(url, body && { method: 'POST', body: JSON.stringify(body) });
  assert.ok(response.ok, `${url}: ${response.status}`);
  return (await response.json()) as T;
}

async function throughV1(url: string, files: readonly string[]): Promise<Finding[]> {
  for (const [i, path] of files.entries()) {
    const layer = {
      Name: `layer ${i}`,
      Path: path,
      Format: 'Docker',
      ParentName: i === 0 ? '' : `layer ${i - 1}`,
    };
    await answerOf(`${url}/v1/layers`, { Layer: layer });
  }
  const top = `${url}/v1/layers/${encodeURIComponent(`layer ${files.length - 1}`)}?vulnerabilities`;
  const { Layer: layer } = await answerOf<{ Layer: { Features?: readonly V1Feature[] } }>(top);
  return (layer.Features ?? [])
    .flatMap(({ Name, Version, Vulnerabilities = [] }) =>
      Vulnerabilities.map((one) => finding(one.Name, Name, Version, one.FixedBy)),
    )
    .sort();
}

async function throughV3(url: string, files: readonly string[]): Promise<readonly V3Feature[]> {
  const layers = files.map((path, i) => ({ hash: `h${i}`, path }));
  await answerOf(`${url}/ancestry`, { ancestry_name: 'image', format: 'Docker', layers });
  const { ancestry } = await answerOf<GetAncestryResponse>(`${url}/ancestry/image`);
  return (ancestry?.layers ?? []).flatMap(({ detected_features: features = [] }) => features);
}

function findingsOfV3(features: readonly V3Feature[], type: V3Feature['feature_type'] & string): Finding[] {
  return features
    .filter((feature) => feature.feature_type === type)
    .flatMap(({ name, version, vulnerabilities = [] }) =>
      vulnerabilities.map((one) => finding(one.name, name, version, one.fixed_by)),
    )
    .sort();
}
