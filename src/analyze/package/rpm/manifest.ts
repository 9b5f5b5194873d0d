import type { RpmHeader } from './header.ts';

const fieldCount = 10;

/**
 * Reads `container-manifest-2`, which CBL-Mariner and Azure Linux leave in place of a database: a package a line, in ten fields
 * between tabs. Yields what the headers would say, or in words what is wrong with a line.
 */
export function* readManifest(content: Uint8Array): Generator<RpmHeader | string> {
  let number = 0;
  for (const line of new TextDecoder().decode(content).split('\n')) {
    number++;
    if (line.trim() === '') continue;
    const fields = line.replace(/\r$/, '').split('\t');
    yield fields.length === fieldCount
      ? headerOf(fields)
      : `line ${number} has ${fields.length} fields, not ${fieldCount}`;
  }
}

/** Name, version-release, times of installation and build, vendor, nothing, size, architecture, epoch, source package. */
function headerOf(fields: readonly string[]): RpmHeader | string {
  const [name, versionRelease = '', , , vendor, , , arch, epoch = '', sourceRpm] = fields.map(present);
  const [, version, release] = /^([^-]+)-(.+)$/.exec(versionRelease) ?? [];
  if (epoch !== '' && !/^\d+$/.test(epoch)) return `package ${name ?? ''} has an unreadable epoch`;
  return { name, epoch: Number(epoch), version, release, arch, vendor, sourceRpm };
}

function present(field: string): string | undefined {
  return field === '' || field === '(none)' ? undefined : field;
}
