import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import { sendRaw } from './replay/conversation.ts';
import { dpkgStatus, osRelease, startV1 } from './v1-client.ts';

const timeout = 300_000;
const nul = '\u0000';
const packages: TarEntryPlan = { path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.1' }) };
const vulnerability = {
  Name: 'CVE-1',
  NamespaceName: 'debian:12',
  Severity: 'Low',
  FixedIn: [{ Name: 'curl', NamespaceName: 'debian:12', VersionFormat: 'dpkg', Version: '8' }],
};
const posted = '/v1/namespaces/debian:12/vulnerabilities';
const [fix] = vulnerability.FixedIn;

type RequestCase = readonly [status: number, method: string, path: string, body?: object];

/** Requests with a NUL character, one in each text that a client can choose. */
const questions: readonly RequestCase[] = [
  [404, 'GET', '/v1/layers/a%00'],
  [404, 'GET', '/v1/layers/a%00?vulnerabilities'],
  [404, 'DELETE', '/v1/layers/a%00'],
  [404, 'GET', '/v1/namespaces/a%00/vulnerabilities?limit=1'],
  [404, 'GET', `${posted}/a%00`],
  [404, 'GET', '/v1/namespaces/a%00/vulnerabilities/CVE-1'],
  [404, 'DELETE', `${posted}/a%00`],
  [404, 'GET', `${posted}/a%00/fixes`],
  [404, 'PUT', `${posted}/a%00/fixes/curl`, { Feature: fix }],
  [200, 'DELETE', `${posted}/CVE-1/fixes/a%00`],
  [500, 'PUT', `${posted}/CVE-1/fixes/a%00`, { Feature: { ...fix, Name: `a${nul}` } }],
  [404, 'GET', '/v1/notifications/a%00?limit=1'],
  [404, 'DELETE', '/v1/notifications/a%00'],
  [400, 'GET', `${posted}?limit=1&page=a%00`],
  [500, 'PUT', `${posted}/a%00`, { Vulnerability: { Severity: 'Low' } }],
  [500, 'POST', posted, { Vulnerability: { ...vulnerability, Name: `a${nul}` } }],
  [500, 'POST', posted, { Vulnerability: { ...vulnerability, NamespaceName: `a${nul}` } }],
  [500, 'POST', posted, { Vulnerability: { ...vulnerability, Link: `a${nul}` } }],
  [201, 'POST', posted, { Vulnerability: { ...vulnerability, Description: `a${nul}` } }],
  [201, 'POST', posted, { Vulnerability: { ...vulnerability, Metadata: { [`a${nul}`]: nul } } }],
  [400, 'POST', posted, { Vulnerability: { ...vulnerability, Severity: `Low${nul}` } }],
  [500, 'POST', posted, { Vulnerability: { ...vulnerability, FixedIn: [{ ...fix, Name: `a${nul}` }] } }],
  [404, 'GET', '/ancestry/a%00'],
  [400, 'POST', '/ancestry', { ancestry_name: nul, format: 'Docker', layers: [] }],
  [400, 'POST', '/ancestry', { format: 'Docker', layers: [{ hash: nul, path: '/a' }] }],
  [400, 'POST', '/ancestry', { format: 'Docker', layers: [{ hash: 'a', path: `/a${nul}` }] }],
  [404, 'GET', '/notifications/a%00?limit=1'],
  [404, 'DELETE', '/notifications/a%00'],
  [404, 'GET', '/affected/a%00'],
];

for (const engine of sharedEngines) {
  test(`${engine.name}: answers a NUL character in any text of a request in the same way`, {
    timeout,
  }, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t));
    const port = Number(new URL(clair.url('/')).port);
    const file = layerFile(t, [osRelease, packages]);
    const layers: RequestCase[] = [
      [500, 'POST', '/v1/layers', { Layer: { Name: `a${nul}`, Path: file, Format: 'Docker' } }],
      [400, 'POST', '/v1/layers', { Layer: { Name: 'a', Path: file, Format: `Docker${nul}` } }],
      [400, 'POST', '/v1/layers', { Layer: { Name: 'a', Path: `${file}${nul}`, Format: 'Docker' } }],
      [400, 'POST', '/v1/layers', { Layer: { Name: 'a', Path: file, Format: 'Docker', ParentName: nul } }],
    ];
    await clair.postVulnerability({ Name: 'CVE-1' });
    for (const [status, method, path, body] of [...questions, ...layers]) {
      const sent = body === undefined ? null : JSON.stringify(body);
      const answer = await sendRaw(port, { method, path, headers: {}, body: sent });
      assert.equal(answer.status, status, `${method} ${path} ${sent}: ${answer.body}`);
      assert.doesNotMatch(answer.body, /internal server error/);
    }
  });

  test(`${engine.name}: answers a NUL character in a file of a layer in the same way`, {
    timeout,
  }, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t));
    const namespaceOf = async (name: string, path: string, content: string): Promise<unknown> => {
      const layer = layerFile(t, [{ path, content }, packages]);
      const { status, body } = await clair.postLayer({ Name: name, Path: layer });
      assert.equal(status, 201, body);
      const { NamespaceName = '', Features = [] } = await clair.layer(name);
      return `${NamespaceName} ${Features.length}`;
    };
    assert.deepEqual(
      [
        await namespaceOf('version', 'etc/os-release', `ID=debian\nVERSION_ID="12${nul}"\n`),
        await namespaceOf('id', 'etc/os-release', `ID="debian${nul}"\nVERSION_ID=12\n`),
        await namespaceOf('redhat', 'etc/redhat-release', `CentOS release 7${nul}\n`),
        await namespaceOf('lsb', 'etc/lsb-release', `DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=16.04${nul}\n`),
        await namespaceOf('alpine', 'etc/alpine-release', `3.10.1${nul}\n`),
        await namespaceOf('sources', 'etc/apt/sources.list', `deb http://a${nul} stretch main\n`),
      ],
      ['debian:12 1', 'debian:12 1', 'centos:7 0', 'ubuntu:16.04 1', 'alpine:v3.10 0', 'debian:9 1'],
    );
  });
}

function layerFile(t: TestContext, entries: readonly TarEntryPlan[]): string {
  const file = join(temporaryDirectory(t), 'layer.tar');
  writeFileSync(file, tar(entries));
  return file;
}
