import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import type { ListedPackage } from '../../../model/package.ts';
import { type EntryProblem, isWord } from '../../package/listing.ts';
import { utf16Problem } from '../../package/text-damage.ts';
import { Lines } from '../../text-lines.ts';

/** The list of the distributions whose code pip contains. They have no metadata of their own. */
const vendorList = /^((?:.*\/)?)pip\/_vendor\/vendor\.txt$/;

/** Returns the directory that contains pip, if the path is that of its list. */
export function rootOfVendorList(path: string): string | undefined {
  const [, prefix] = vendorList.exec(path) ?? [];
  return prefix?.replace(/\/$/, '');
}

/** `requests==2.26.0`, indented if another entry requires it. A comment or an environment marker may follow. */
const pinned = /^\s*([a-z\d][a-z\d._-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;#]+)\s*(?:[;#].*)?$/i;
/** An empty line, a comment, or an option of pip. */
const ignored = /^\s*(?:#|-|$)/;

/** Longer lines are not entries. */
const lineBytesMax = 1024;

/** Yields the distributions in pip's `vendor.txt`. Reports entries without an exact version, of which pip's own list has none. */
export function* readVendorList(content: Uint8Array): Generator<ListedPackage | EntryProblem> {
  const unreadable = utf16Problem(content);
  if (unreadable !== undefined) {
    yield { problem: unreadable };
    return;
  }
  const lines = new Lines(content);
  for (let number = 1; lines.next(); number++) {
    const line = lines.text.slice(lines.start, Math.min(lines.end, lines.start + lineBytesMax)).trimEnd();
    if (ignored.test(line)) continue;
    const [, name = '', version = ''] = pinned.exec(line) ?? [];
    if (isWord(name) && isWord(version)) yield { type: 'pypi', name, version };
    else yield { problem: `line ${number} has no exact version: ${quoteUntrusted(line.trim())}` };
  }
}
