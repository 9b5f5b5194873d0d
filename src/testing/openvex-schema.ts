const text = { type: 'string', minLength: 1 };
const iri = { type: 'string', pattern: '^[a-zA-Z][a-zA-Z0-9+.-]*:[^\\s]+$' };
const time = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$',
};

function closed(required: object, optional: object = {}): object {
  return {
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  };
}

function listOf(items: object): object {
  return { type: 'array', minItems: 1, uniqueItems: true, items };
}

const component = {
  '@id': iri,
  identifiers: closed({}, { purl: { type: 'string', pattern: '^pkg:' }, cpe22: text, cpe23: text }),
  hashes: closed(
    {},
    {
      'sha-256': { type: 'string', pattern: '^[0-9a-f]{64}$' },
      'sha-512': { type: 'string', pattern: '^[0-9a-f]{128}$' },
    },
  ),
};

const isOf = (status: string): object => ({ properties: { status: { const: status } } });

const reasoned = { anyOf: [{ required: ['justification'] }, { required: ['impact_statement'] }] };

/**
 * A schema of OpenVEX 0.2.0, written by hand from its specification, because no package has the official schema. Unlike the
 * official schema, it rejects keys that clair-ts does not write.
 */
export const openVexSchema = closed(
  {
    '@context': { const: 'https://openvex.dev/ns/v0.2.0' },
    '@id': iri,
    author: text,
    timestamp: time,
    version: { type: 'integer', minimum: 1 },
    statements: listOf({
      ...closed(
        {
          vulnerability: closed({ name: text }, { '@id': iri, aliases: listOf(text) }),
          products: listOf(closed({}, { ...component, subcomponents: listOf(closed({}, component)) })),
          status: { enum: ['not_affected', 'affected', 'fixed', 'under_investigation'] },
        },
        {
          timestamp: time,
          status_notes: text,
          justification: {
            enum: [
              'component_not_present',
              'vulnerable_code_not_present',
              'vulnerable_code_not_in_execute_path',
              'vulnerable_code_cannot_be_controlled_by_adversary',
              'inline_mitigations_already_exist',
            ],
          },
          impact_statement: text,
          action_statement: text,
        },
      ),
      oneOf: [
        // The specification recommends both.
        { ...isOf('not_affected'), ...reasoned },
        { ...isOf('affected'), required: ['action_statement'], not: reasoned },
        { ...isOf('fixed'), not: reasoned },
        { ...isOf('under_investigation'), not: reasoned },
      ],
    }),
  },
  { role: text, last_updated: time, tooling: text },
);
