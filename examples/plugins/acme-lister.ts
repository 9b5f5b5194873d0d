import type { Plugin } from 'clair-ts/plugin';

const manifest = 'etc/acme/packages.txt';

/** Lists the packages in the manifest of the Acme installer: one per line, `name version`. */
export const plugin: Plugin = {
  name: 'acme-lister',
  version: '1.0.0',
  listers: [
    {
      name: 'acme',
      version: 1,
      wants: [manifest],
      // Acme's versions order as semantic versions, whatever the image's distribution is.
      ecosystem: { name: 'acme', versionScheme: 'semver' },
      // The name of a vendor may precede a name: the package URL of `Acme/Anvil` is `pkg:acme/Acme/Anvil`.
      purlSeparator: '/',
      *list(files) {
        const lines = new TextDecoder().decode(files.get(manifest)).split('\n');
        for (const [i, line] of lines.entries()) {
          if (line.trim() === '' || line.startsWith('#')) continue;
          const [, name, version] = /^([!-~]{1,512})\s+([!-~]{1,512})/.exec(line) ?? [];
          if (!name || !version)
            yield { kind: 'problem', path: manifest, problem: `line ${i + 1} is not a name and a version` };
          else yield { kind: 'package', path: manifest, package: { type: 'acme', name, version } };
        }
      },
    },
  ],
};
