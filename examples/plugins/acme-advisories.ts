import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import type { Plugin } from 'clair-ts/plugin';

interface Advisory {
  readonly id: string;
  readonly package: string;
  readonly fixed: string;
}

/** Reads Acme's advisories from a file beside the plugin: `[{"id": "CVE-2026-1", "package": "rocket", "fixed": "2.0.1"}]`. */
export const plugin: Plugin = {
  name: 'acme-advisories',
  version: '1.0.0',
  sources: [
    {
      name: 'acme',
      version: 1,
      feeds: ['advisories'],
      feedsFor: (namespace) => (namespace === 'acme' ? ['advisories'] : []),
      fetch() {
        const url = new URL('./acme-advisories.json', import.meta.url);
        return Promise.resolve({ url: url.href, body: createReadStream(url), fingerprint: '' });
      },
      async *parse(_feed, { body }) {
        const advisories = JSON.parse((await buffer(body)).toString()) as readonly Advisory[];
        for (const { id, package: name, fixed: version } of advisories) {
          const namespace = { name: 'acme', versionScheme: 'semver' };
          const fix = { state: 'fixed', version } as const;
          const affected = [{ namespace, package: name, range: { to: version }, fix }];
          const record = { key: `${id} ${name}`, id, aliases: [], links: [], cvss: [], affected };
          yield { kind: 'vulnerability', ...record, severity: 'High' };
        }
      },
    },
  ],
};
