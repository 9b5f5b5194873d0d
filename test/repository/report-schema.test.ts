import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { jsonFormat, sbomJsonFormat } from '../../src/report/json-formats.ts';
import { type KeyOrder, reportOrder } from '../../src/report/key-order.ts';
import { type JsonSchema, schemaProblems, schemaProperties } from '../../src/testing/json-schema.ts';
import { sampleReport } from '../../src/testing/sample-report.ts';

const reference = resolve(import.meta.dirname, '../../docs/reference');
const schema = JSON.parse(readFileSync(resolve(reference, 'report.schema.json'), 'utf8')) as JsonSchema;
const display = { colors: false };

test('the sample report is what the schema describes', () => {
  const text = [...jsonFormat.write(sampleReport, display)].join('');
  assert.deepEqual(schemaProblems(schema, JSON.parse(text)), []);
});

test('an inventory lacks the findings and nothing else', () => {
  const text = [...sbomJsonFormat.write(sampleReport, display)].join('');
  const missing = ['matches', 'suppressed', 'verdict', 'coverage'].map(
    (key) => `: must have required property '${key}'`,
  );
  assert.deepEqual(schemaProblems(schema, JSON.parse(text)), missing);
});

test('the checker reports every deviation from the schema', () => {
  const {
    matches: [match],
    coverage: [coverage],
  } = sampleReport;
  const wrong: [value: object, problem: string][] = [
    [{ schemaVersion: 2 }, '/schemaVersion: must be equal to constant'],
    [{ verdict: 'fine' }, '/verdict: must be equal to one of the allowed values'],
    [{ packages: {} }, '/packages: must be array'],
    [{ extra: 1 }, ': must NOT have unevaluated properties (extra)'],
    [
      { distro: { ...sampleReport.distro, extra: 1 } },
      '/distro: must NOT have unevaluated properties (extra)',
    ],
    [{ layers: [{ ...sampleReport.layers[0], sizeBytes: -1 }] }, '/layers/0/sizeBytes: must be >= 0'],
    [
      { coverage: [{ ...coverage, fetchedAt: 'today' }] },
      '/coverage/0/fetchedAt: must match format "date-time"',
    ],
    [{ target: { ...sampleReport.target, manifest: 'sha256:1' } }, '/target/manifest: must match pattern'],
    [
      { matches: [{ ...match, fix: { state: 'fixed' } }] },
      "/matches/0/fix: must have required property 'version'",
    ],
    [{ suppressed: [match] }, "/suppressed/0: must have required property 'reason'"],
    [{ distro: { id: 'debian' } }, "/distro: must have required property 'like'"],
  ];
  for (const [change, problem] of wrong) {
    const problems = schemaProblems(schema, { ...sampleReport, ...change });
    assert.ok(
      problems.some((found) => found.startsWith(problem)),
      `${problem}: ${problems.join()}`,
    );
  }
});

test('the schema describes every key of the report in its order, and report.md says the same', () => {
  const rows = describedRows('', schema, reportOrder).filter(
    (row) => !/^- `suppressed\[\]\.(?!reason|justification)/.test(row),
  );
  const text = readFileSync(resolve(reference, 'report.md'), 'utf8');
  const found = text.split('## Keys\n\n')[1]?.trimEnd().split('\n');
  assert.deepEqual(found, rows);
});

/** One line a key: its path and its description. Fails where the schema and the written keys differ. */
function describedRows(path: string, described: JsonSchema, order: KeyOrder): string[] {
  const properties = schemaProperties(schema, described);
  assert.deepEqual(Object.keys(properties), Object.keys(order), path);
  return Object.entries(properties).flatMap(([key, property]) => {
    assert.ok(property.description, `${path}${key} has no description`);
    const isList = property.type === 'array';
    const row = `- \`${path}${key}${isList ? '[]' : ''}\`: ${property.description}${choices(property)}`;
    const inner = order[key];
    if (inner === undefined || inner === 'value') return [row];
    const inside = isList ? property.items : property;
    return [row, ...describedRows(`${path}${key}${isList ? '[]' : ''}.`, inside ?? {}, inner)];
  });
}

/** The values a key may have, unless its description explains them. */
function choices({ enum: values = [], description = '' }: JsonSchema): string {
  const words = values.map((value) => `\`${String(value)}\``);
  return words.length === 0 || description.includes(words[0] ?? '') ? '' : ` One of ${words.join(', ')}.`;
}
