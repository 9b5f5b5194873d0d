import { readFileSync } from 'node:fs';
import sarifSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv, type ValidateFunction } from 'ajv';
import ajvDraft4 from 'ajv-draft-04';
import ajvFormats from 'ajv-formats';

/** Returns the problems of a document; empty if it is valid. */
export type Validator = (document: unknown) => string[];

const options = { strict: false, allErrors: true } as const;

/** Validates SARIF 2.1.0 by the schema of OASIS. */
export function sarifValidator(): Validator {
  // One pattern of the schema is not a valid Unicode regular expression.
  const ajv = new ajvDraft4.default({ ...options, unicodeRegExp: false });
  ajvFormats.default(ajv);
  return problemsBy(ajv.compile(sarifSchema));
}

/** Validates CycloneDX 1.6 by its official schemas. Ignores two formats that none of our fields has. */
export function cyclonedxValidator(): Validator {
  const ajv = new Ajv({ ...options, formats: { 'iri-reference': true, 'idn-email': true } });
  ajvFormats.default(ajv);
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
    ajv.addSchema(cyclonedxSchema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  return problemsBy(ajv.compile(cyclonedxSchema('bom-1.6')));
}

function cyclonedxSchema(name: string): object {
  const place = new URL(
    `res/schema/${name}.SNAPSHOT.schema.json`,
    import.meta.resolve('@cyclonedx/cyclonedx-library/package.json'),
  );
  return JSON.parse(readFileSync(place, 'utf8')) as object;
}

function problemsBy(validate: ValidateFunction): Validator {
  return (document) => {
    validate(document);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message ?? ''}`);
  };
}

/** Validates by a schema that was written by hand from a specification, because no package has the official one. */
export function schemaValidator(schema: object): Validator {
  return problemsBy(new Ajv(options).compile(schema));
}
