import type { Plugin } from 'clair-ts/plugin';

const release = 'etc/acme-release';

/** Detects Acme OS, which has no os-release: `Acme OS release 7.2`. Its packages are based on Debian's. */
export const plugin: Plugin = {
  name: 'acme-os',
  version: '1.0.0',
  detectors: [
    {
      name: 'acme-release',
      version: 1,
      wants: [release],
      detect(files) {
        const content = files.get(release);
        const version = content && /^Acme OS release (\d+)/.exec(new TextDecoder().decode(content))?.[1];
        if (!version) return undefined;
        return { id: 'acme', versionId: version, prettyName: `Acme OS ${version}`, like: ['debian'] };
      },
    },
  ],
};
