import { omitUndefined } from '../../../kit/collections.ts';
import { quoteUntrusted, stripControls } from '../../../kit/untrusted-text.ts';
import type { ListedPackage, SourcePackage } from '../../../model/package.ts';
import { archOf, isWord } from '../listing.ts';
import type { RpmHeader } from './header.ts';

/** Name of signature keys, which rpm stores among the packages. */
const keyName = 'gpg-pubkey';

/** Returns the package of a header, undefined for a key, or the problem with it. */
export function packageOf(header: RpmHeader): ListedPackage | string | undefined {
  const { name, epoch = 0, vendor, licence, modularity } = header;
  if (name === keyName) return undefined;
  if (name === undefined || !isWord(name)) return `a header has no valid name: ${quoteUntrusted(name ?? '')}`;
  const versionRelease = versionReleaseOf(header);
  if (versionRelease === undefined) return `package ${name} has no valid version and release`;
  if (modularity !== undefined && !isWord(modularity))
    return `package ${name} has an impossible module ${quoteUntrusted(modularity)}`;
  const version = epoch === 0 ? versionRelease : `${epoch}:${versionRelease}`;
  const source = sourceOf(header.sourceRpm);
  return {
    type: 'rpm',
    name,
    version,
    ...archOf(header.arch),
    ...omitUndefined({
      source,
      modularity,
      vendor: lineOf(vendor),
      licence: lineOf(licence),
      supplier: vendor === undefined ? lineOf(header.packager) : undefined,
    }),
  };
}

function versionReleaseOf({ version, release }: RpmHeader): string | undefined {
  if (version === undefined || release === undefined) return undefined;
  const versionRelease = `${version}-${release}`;
  return isWord(versionRelease) ? versionRelease : undefined;
}

/** Maximum characters of a text for people, such as a vendor or a licence. */
const lineCharactersMax = 4096;

function lineOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : stripControls(text, lineCharactersMax);
}

/** Returns the source package from its file name, `util-linux-2.32.1-42.el8_8.src.rpm`, which has no epoch. */
function sourceOf(file: string | undefined): SourcePackage | undefined {
  const [, name, version] = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(file ?? '') ?? [];
  return name !== undefined && version !== undefined && isWord(name) && isWord(version)
    ? { name, version }
    : undefined;
}
