import { quoteUntrusted } from '../../kit/untrusted-text.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { isWord } from './listing.ts';

/** `var/db/pkg/CATEGORY/NAME-VERSION/PF`: the name and version again. */
const entryPath = /^var\/db\/pkg\/([^/]+)\/([^/]+)\/PF$/;
/** A name may contain hyphens, but no part after a hyphen that looks like a version (PMS, section 3.1.2). */
const nameAndVersion = /^(.+)-(\d[^-]*(?:-r\d+)?)$/;

/** Name and version of a package in the path of its directory. */
interface Identity {
  readonly name: string;
  readonly version: string;
}

/**
 * Lists packages of Gentoo. Portage finds each by its directory. The files of a package are not read, so they have no owner: programs of
 * packages count as unread.
 */
export const portageLister: PackageLister = {
  name: 'portage',
  version: 1,
  wants: ['**/db/pkg/*/*/PF'],
  *list(files: Files) {
    for (const [path, content] of files) {
      const [, category, directory] = entryPath.exec(path) ?? [];
      if (category !== undefined && directory !== undefined)
        yield packageEvent(path, content, { category, directory });
    }
  },
};

interface Entry {
  readonly category: string;
  readonly directory: string;
}

function identityOf({ category, directory }: Entry): Identity | undefined {
  const [, name = '', version = ''] = nameAndVersion.exec(directory) ?? [];
  const whole = `${category}/${name}`;
  return name !== '' && isWord(whole) && isWord(version) ? { name: whole, version } : undefined;
}

function packageEvent(path: string, content: Uint8Array, entry: Entry): ListerEvent {
  const identity = identityOf(entry);
  if (identity === undefined)
    return {
      kind: 'problem',
      path,
      problem: `is in a directory that is not named after a package and version: ${quoteUntrusted(entry.directory)}`,
    };
  const stated = Buffer.from(content.subarray(0, nameBytesMax)).toString('utf8').trim();
  if (stated !== entry.directory)
    return {
      kind: 'problem',
      path,
      problem: `has the name ${quoteUntrusted(stated)}, not that of its directory`,
    };
  return { kind: 'package', path, package: { type: 'ebuild', ...identity } };
}

/** Longer than any name and version. */
const nameBytesMax = 1024;
