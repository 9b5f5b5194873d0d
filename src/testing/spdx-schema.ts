/** Text formats of the specification. */
const time = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' };
const line = { type: 'string', pattern: '^[^\\r\\n]+$' };
const text = { type: 'string', minLength: 1 };
const noAssertion = { const: 'NOASSERTION' };
/** Annex D: identifiers, `WITH`, `AND`, `OR` and parentheses. Other tests check that identifiers are on the list of SPDX. */
const licenseExpression = {
  type: 'string',
  pattern: '^\\(*[a-zA-Z0-9.-]+\\)*(?: (?:AND|OR|WITH) \\(*[a-zA-Z0-9.-]+\\)*)*$',
};
const licenseReference = { type: 'string', pattern: '^LicenseRef-[a-zA-Z0-9.-]+$' };

function closed(properties: object, required: readonly string[] = Object.keys(properties)): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

const annotation = closed({
  annotationDate: time,
  annotationType: { enum: ['REVIEW', 'OTHER'] },
  annotator: { type: 'string', pattern: '^(Person|Organization|Tool): .+$' },
  comment: text,
});

const reference = closed(
  {
    referenceCategory: { enum: ['SECURITY', 'PACKAGE-MANAGER', 'PERSISTENT-ID', 'OTHER'] },
    referenceType: { enum: ['purl', 'advisory'] },
    referenceLocator: { type: 'string', pattern: '^\\S+$' },
    comment: text,
  },
  ['referenceCategory', 'referenceType', 'referenceLocator'],
);

const part = closed(
  {
    SPDXID: { type: 'string', pattern: '^SPDXRef-[a-zA-Z0-9.-]+$' },
    name: line,
    versionInfo: text,
    supplier: { anyOf: [noAssertion, { type: 'string', pattern: '^(Person|Organization): [^\\r\\n]+$' }] },
    downloadLocation: noAssertion,
    filesAnalyzed: { const: false },
    licenseConcluded: noAssertion,
    licenseDeclared: licenseExpression,
    copyrightText: noAssertion,
    licenseComments: text,
    sourceInfo: text,
    description: text,
    checksums: {
      type: 'array',
      items: closed({
        algorithm: { enum: ['SHA1', 'SHA256', 'SHA384', 'SHA512'] },
        checksumValue: { type: 'string', pattern: '^[0-9a-f]+$' },
      }),
    },
    primaryPackagePurpose: { const: 'CONTAINER' },
    externalRefs: { type: 'array', items: reference },
    annotations: { type: 'array', items: annotation },
  },
  ['SPDXID', 'name', 'supplier', 'downloadLocation', 'filesAnalyzed'],
);

/**
 * A schema of SPDX 2.3 (clauses 6, 7, 10, 11, 12) with exactly the fields that clair-ts writes. Written by hand, because no package
 * has the official schema.
 */
export const spdxSchema = closed(
  {
    SPDXID: { const: 'SPDXRef-DOCUMENT' },
    spdxVersion: { const: 'SPDX-2.3' },
    creationInfo: closed({
      created: time,
      creators: { type: 'array', minItems: 1, items: { type: 'string', pattern: '^Tool: \\S+-\\S+$' } },
    }),
    name: line,
    dataLicense: { const: 'CC0-1.0' },
    documentNamespace: { type: 'string', pattern: '^https?://[^#\\s]+$' },
    comment: text,
    packages: { type: 'array', items: part },
    relationships: {
      type: 'array',
      minItems: 1,
      items: closed({
        spdxElementId: { type: 'string', pattern: '^SPDXRef-[a-zA-Z0-9.-]+$' },
        relationshipType: { enum: ['DESCRIBES', 'CONTAINS', 'DEPENDS_ON'] },
        relatedSpdxElement: { type: 'string', pattern: '^(SPDXRef-[a-zA-Z0-9.-]+|NONE)$' },
      }),
    },
    hasExtractedLicensingInfos: {
      type: 'array',
      minItems: 1,
      items: closed({ licenseId: licenseReference, name: line, extractedText: text }),
    },
  },
  [
    ...['SPDXID', 'spdxVersion', 'creationInfo', 'name', 'dataLicense', 'documentNamespace'],
    ...['packages', 'relationships'],
  ],
);
