const text = { type: 'string', minLength: 1 };
const web = { type: 'string', pattern: '^https?://.+' };
const time = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$' };

function open(required: object, optional: object = {}): object {
  return { type: 'object', required: Object.keys(required), properties: { ...required, ...optional } };
}

const scanner = open({ id: text, name: text, version: text, vendor: open({ name: text }) }, { url: web });

/**
 * A schema of version 15 of GitLab's container scanning report, written by hand, because no package has the official schema.
 * Unlike the official schema, it rejects unknown keys.
 */
export const gitlabSchema = {
  ...open(
    {
      version: { type: 'string', pattern: '^15\\.\\d+\\.\\d+$' },
      scan: open(
        {
          type: { const: 'container_scanning' },
          status: { enum: ['success', 'failure'] },
          start_time: time,
          end_time: time,
          analyzer: scanner,
          scanner,
        },
        {
          messages: {
            type: 'array',
            items: open({ level: { enum: ['info', 'warn', 'fatal'] }, value: text }),
          },
        },
      ),
      vulnerabilities: {
        type: 'array',
        items: {
          ...open(
            {
              id: {
                type: 'string',
                pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
              },
              identifiers: {
                type: 'array',
                minItems: 1,
                items: open({ type: text, name: text, value: text }, { url: web }),
              },
              location: open({
                dependency: open({
                  package: open({ name: { type: 'string' } }),
                  version: { type: 'string' },
                }),
                operating_system: text,
                image: text,
              }),
            },
            {
              name: { type: 'string', maxLength: 255 },
              description: { type: 'string', maxLength: 1048576 },
              severity: { enum: ['Info', 'Unknown', 'Low', 'Medium', 'High', 'Critical'] },
              solution: { type: 'string', maxLength: 7000 },
              links: { type: 'array', items: open({ url: web }, { name: { type: 'string' } }) },
            },
          ),
          additionalProperties: false,
        },
      },
    },
    { schema: web, remediations: { type: 'array', maxItems: 0 } },
  ),
  additionalProperties: false,
};
