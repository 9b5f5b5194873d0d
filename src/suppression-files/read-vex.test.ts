import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClairError } from '../core/errors.ts';
import { csafVexDocument, cyclonedxDocument, openVexDocument } from '../testing/vex-documents.ts';
import { readVex } from './read-vex.ts';
import type { ParsedVex } from './vex-document.ts';

const all = { place: 'vex.json', wants: () => true };
const read = (document: unknown): ParsedVex => readVex(Buffer.from(JSON.stringify(document)), all);

const package1 = 'pkg:deb/debian/curl@7.88.1';
const documents = {
  openvex: openVexDocument([
    {
      vulnerability: { name: 'CVE-2024-1' },
      products: [{ '@id': package1 }],
      status: 'not_affected',
      justification: 'component_not_present',
    },
  ]),
  csaf: csafVexDocument(
    {
      full_product_names: [
        { product_id: 'p', name: 'curl', product_identification_helper: { purl: package1 } },
      ],
    },
    [
      {
        cve: 'CVE-2024-1',
        flags: [{ label: 'component_not_present', product_ids: ['p'] }],
        product_status: { known_not_affected: ['p'] },
      },
    ],
  ),
  cyclonedx: cyclonedxDocument([
    {
      id: 'CVE-2024-1',
      analysis: { state: 'not_affected', justification: 'code_not_present' },
      affects: [{ ref: package1 }],
    },
  ]),
};

for (const [format, document] of Object.entries(documents)) {
  test(`${format}: detects the format from the content`, () => {
    const { statements } = read(document);
    assert.equal(statements.length, 1);
    const [statement] = statements;
    assert.deepEqual(statement?.ids, ['CVE-2024-1']);
    assert.equal(statement.status, 'not_affected');
    assert.equal(statement.time, '2024-05-01T10:00:00Z');
    assert.equal(statement.document.author, 'Example Ltd');
    assert.deepEqual(
      statement.products.flatMap(({ purls }) => purls.map(({ name, version }) => `${name} ${version ?? ''}`)),
      ['curl 7.88.1'],
    );
  });

  test(`${format}: returns no statements on unwanted vulnerabilities`, () => {
    const text = Buffer.from(`\uFEFF${JSON.stringify(document)}`);
    const requestedIds: string[] = [];
    const wants = (ids: readonly string[]): boolean => requestedIds.push(...ids) === 0;
    assert.deepEqual(readVex(text, { place: 'vex.json', wants }).statements, []);
    assert.deepEqual(requestedIds, ['CVE-2024-1']);
  });

  test(`${format}: reads or refuses a document when any value is replaced by another`, () => {
    const places = pathsIn(document);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (path, value) => {
        refusedOrRead(() => read(replaced(document, path, value)));
      }),
    );
  });

  test(`${format}: refuses a truncated document`, () => {
    const bytes = Buffer.from(JSON.stringify(document));
    for (let length = 0; length < bytes.length; length += 7)
      assert.throws(() => readVex(bytes.subarray(0, length), all), { code: 'config-invalid' });
  });
}

test('refuses a document with its name when it is not VEX', () => {
  const refused = (text: string): RegExp | string => {
    try {
      readVex(Buffer.from(text), all);
    } catch (error) {
      assert.ok(error instanceof ClairError && error.code === 'config-invalid', String(error));
      return error.message;
    }
    return '';
  };
  for (const text of [
    '{}',
    '[]',
    '3',
    'null',
    '"CVE-2024-1"',
    '{"document": {}}',
    '{"@context": "https://schema.org"}',
    '{"@context": {"toString": 1}}',
  ])
    assert.match(String(refused(text)), /^vex\.json is not a VEX document/, text);
  assert.match(String(refused('<bom/>')), /^vex\.json is not JSON/);
  assert.match(String(refused('')), /^vex\.json is not JSON/);
  assert.match(String(refused('['.repeat(200_000))), /exceeds the nesting limit of 100/);
  assert.match(
    String(refused('{"bomFormat":"CycloneDX","vulnerabilities":3}')),
    /^vex\.json is malformed at vulnerabilities: not the expected array$/,
  );
  const unknown = openVexDocument([{ vulnerability: { name: 'a' }, status: 'harmless' }]);
  assert.match(
    String(refused(JSON.stringify(unknown))),
    /^vex\.json \(statement 1\) is malformed at status: not one of not_affected, affected/,
  );
  const wrong = { ...openVexDocument([]), timestamp: 'yesterday' };
  assert.match(
    String(refused(JSON.stringify(wrong))),
    /^vex\.json is malformed at timestamp: not a valid time$/,
  );
});

test('refuses a document with a hundred thousand errors', () => {
  const wrong = cyclonedxDocument([], { components: Array<number>(200_000).fill(1) });
  assert.throws(() => read(wrong), { code: 'config-invalid' });
});

function refusedOrRead(attempt: () => unknown): void {
  try {
    attempt();
  } catch (error) {
    assert.ok(error instanceof ClairError, String(error));
  }
}

type Path = readonly (string | number)[];

function pathsIn(value: unknown, path: Path = []): Path[] {
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, member]) =>
          pathsIn(member, [...path, Array.isArray(value) ? Number(key) : key]),
        )
      : [];
  return [path, ...inner];
}

function replaced(document: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const copy = Array.isArray(document) ? [...(document as unknown[])] : { ...(document as object) };
  const members = copy as Record<string | number, unknown>;
  members[key] = replaced(members[key], rest, value);
  return copy;
}
