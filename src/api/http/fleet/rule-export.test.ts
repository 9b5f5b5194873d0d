import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { debianImage, debianRecord, type FleetServer, fleetServer } from '../../../testing/fleet-server.ts';
import { schemaValidator } from '../../../testing/official-schema.ts';
import { openVexSchema } from '../../../testing/openvex-schema.ts';

const expressible = `ignore:
  - id: CVE-2026-1
    package: openssl
    reason: the port is closed
    expires: 2026-03-31
  - id: CVE-2026-2
    version: 3.0.1-1
    reason: no key is read
    justification: vulnerable_code_not_in_execute_path
  - id: CVE-2026-3
    reason: old
    expires: 2026-02-28
`;

interface Statement {
  readonly vulnerability: { readonly name: string };
  readonly products: readonly { readonly '@id': string }[];
  readonly status_notes?: string;
}

interface Report {
  readonly matches: readonly { readonly vulnerability: { readonly id: string } }[];
  readonly suppressed: readonly {
    readonly vulnerability: { readonly id: string };
    readonly package: { readonly purl: string };
  }[];
}

async function put({ call }: FleetServer, name: string, body: string): Promise<void> {
  assert.equal((await call(`/suppressions/${name}`, { method: 'PUT', body })).status, 200);
}

/** Returns what rules and statements suppress in an image, and the ids of what counts. */
async function effectOn({ get }: FleetServer, digest: string): Promise<unknown> {
  const { matches, suppressed } = await get<Report>(`/images/${digest}/report`);
  return {
    counts: matches.map(({ vulnerability }) => vulnerability.id).sort(),
    suppressed: suppressed
      .map(({ vulnerability, package: item }) => `${vulnerability.id} ${item.purl}`)
      .sort(),
  };
}

test('exports rules as OpenVEX that suppresses the same findings', async (t) => {
  const server = await fleetServer(t, { extensions });
  const { applyDebian, scan, call, refusal } = server;
  await applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.9-1', severity: 'High' }),
    debianRecord('CVE-2026-2', 'openssl', { fixed: '3.0.9-1' }),
    debianRecord('CVE-2026-3', 'bash', { fixed: '5.3-1' }),
  ]);
  const digests = [
    await scan(debianImage('openssl 3.0.1-1', 'bash 5.2-1'), 'one'),
    await scan(debianImage('openssl 3.0.2-1'), 'two'),
  ];
  await put(server, 'team.yaml', expressible);
  const byRules = await Promise.all(digests.map((digest) => effectOn(server, digest)));
  const response = await call('/suppressions/team.yaml/openvex');
  assert.equal(response.headers.get('clair-complete'), 'true');
  const text = await response.text();
  const document = JSON.parse(text) as { statements: Statement[] };
  assert.deepEqual(schemaValidator(openVexSchema)(document), []);
  assert.deepEqual(
    document.statements.map(({ vulnerability, products, status_notes: notes }) => [
      vulnerability.name,
      products.map((product) => /openssl@[^?]*/.exec(product['@id'])?.[0]),
      notes,
    ]),
    [
      ['CVE-2026-1', ['openssl@3.0.1-1', 'openssl@3.0.2-1'], 'accepted until 2026-03-31'],
      ['CVE-2026-2', ['openssl@3.0.1-1'], undefined],
    ],
  );
  assert.equal((await call('/suppressions/team.yaml', { method: 'DELETE' })).status, 204);
  await put(server, 'exported.json', text);
  assert.deepEqual(await Promise.all(digests.map((digest) => effectOn(server, digest))), byRules);
  assert.equal((await refusal('/suppressions/exported.json/openvex'))[0], 409);
  assert.equal((await refusal('/suppressions/none.yaml/openvex'))[0], 404);
  await put(server, 'path.yaml', 'ignore:\n  - id: CVE-2026-1\n    path: var/lib/**\n    reason: closed\n');
  assert.match((await refusal('/suppressions/path.yaml/openvex'))[1], /no rule of the file suppresses/);
});
