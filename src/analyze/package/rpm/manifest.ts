import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import { Lines } from '../../text-lines.ts';
import type { RpmHeader } from './header.ts';

const fieldCount = 10;

/**
 * Reads `container-manifest-2`, which CBL-Mariner and Azure Linux have instead of a database: one package per line, in
 * ten tab-separated fields. Yields the fields of a header, or the problem with a line.
 */
export function* readManifest(content: Uint8Array): Generator<RpmHeader | string> {
  const lines = new Lines(content);
  for (let number = 1; lines.next(); number++) {
    const { text, bytes, start, end } = lines;
    const line = bytes.toString('utf8', start, text[end - 1] === '\r' ? end - 1 : end);
    if (line.trim() === '') continue;
    // Splits off one extra field only: a hostile line may consist of tabs.
    const fields = line.split('\t', fieldCount + 1);
    yield fields.length === fieldCount
      ? headerOf(fields)
      : `line ${number} does not have ${fieldCount} fields`;
  }
}

/** Fields: name, version-release, install and build time, vendor, unused, size, architecture, epoch, source package. */
function headerOf(fields: readonly string[]): RpmHeader | string {
  const [name, versionRelease = '', , , vendor, , , arch, epoch = '', sourceRpm] = fields.map(present);
  const [, version, release] = /^([^-]+)-(.+)$/.exec(versionRelease) ?? [];
  if (epoch !== '' && !/^\d+$/.test(epoch))
    return `package ${quoteUntrusted(name ?? '')} has an unreadable epoch`;
  return { name, epoch: Number(epoch), version, release, arch, vendor, sourceRpm };
}

function present(field: string): string | undefined {
  return field === '' || field === '(none)' ? undefined : field;
}
