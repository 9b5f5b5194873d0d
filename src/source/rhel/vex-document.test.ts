import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { readVexDocument } from './vex-document.ts';

/** A document with every member that is read (CSAF 2.0). */
const document = {
  document: {
    category: 'csaf_vex',
    aggregate_severity: { text: 'Moderate' },
    tracking: { id: 'CVE-2024-1', status: 'final', current_release_date: '2024-05-01T00:00:00Z' },
  },
  product_tree: {
    branches: [
      {
        branches: [
          {
            product: {
              product_id: 'base',
              product_identification_helper: { cpe: 'cpe:/o:redhat:enterprise_linux:9::baseos' },
            },
          },
          {
            product: {
              product_id: 'rpm',
              product_identification_helper: { purl: 'pkg:rpm/redhat/xz@5.4-1.el9?arch=x86_64' },
            },
          },
        ],
      },
    ],
    relationships: [
      {
        full_product_name: { product_id: 'base:rpm' },
        product_reference: 'rpm',
        relates_to_product_reference: 'base',
      },
    ],
  },
  vulnerabilities: [
    {
      cve: 'CVE-2024-1',
      product_status: { fixed: ['base:rpm'] },
      remediations: [
        { category: 'vendor_fix', details: 'Update.', url: 'https://a.example', product_ids: ['base:rpm'] },
      ],
      threats: [{ category: 'impact', details: 'Moderate', product_ids: ['base:rpm'] }],
      scores: [{ cvss_v3: { vectorString: 'CVSS:3.1/AV:N', baseScore: 5 } }],
      notes: [{ category: 'description', text: 'A flaw.' }],
      references: [{ category: 'self', url: 'https://b.example' }],
    },
  ],
};

type Members = Record<string, unknown>;

/** Returns the paths of all members and items in a value. */
function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    [name],
    ...pathsIn(inner).map((path) => [name, ...path]),
  ]);
}

/** Returns a copy of the document with another value at a path. */
function changed(path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(document);
  const parent = path.slice(0, -1).reduce<Members>((at, name) => at[name] as Members, copy);
  parent[path.at(-1) ?? ''] = value;
  return copy;
}

test('refuses any member of another type at its place', () => {
  assert.equal([...readVexDocument('K', document)].length, 1);
  const paths = pathsIn(document);
  assert.ok(paths.length > 50, `${paths.length} paths`);
  for (const path of paths) {
    for (const wrong of [null, true]) {
      assert.throws(
        () => [...readVexDocument('K', changed(path, wrong))],
        (error) => error instanceof UnexpectedContent && error.place === ['K', ...path].join('.'),
        `${path.join('.')} is ${wrong}`,
      );
    }
  }
});
