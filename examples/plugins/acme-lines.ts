import type { Plugin } from 'clair-ts/plugin';

/** Prints a line for each finding, for scripts, followed by the verdict. */
export const plugin: Plugin = {
  name: 'acme-lines',
  version: '1.0.0',
  formats: [
    {
      name: 'acme-lines',
      mediaType: 'text/plain',
      *write({ matches, verdict }) {
        for (const { vulnerability, package: item } of matches)
          yield `${item.name} ${item.version} ${vulnerability.id} ${vulnerability.severity}\n`;
        yield `${verdict}\n`;
      },
    },
  ],
};
