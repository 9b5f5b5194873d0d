import { Lines } from '../../text-lines.ts';

/** Longer lines state no module. */
const lineBytesMax = 4096;

/** An entry that `make install` of a distribution appended. */
export interface PerlLocalEntry {
  /** Name of its main module: `JSON::XS`. */
  readonly module: string;
  /** Absent if the entry states none. */
  readonly version?: string;
}

/**
 * Returns the last entry of each module in a `perllocal.pod`, a log of installations (ExtUtils::Command::MM). A later entry replaces an
 * earlier one, as the later installation replaced the files.
 */
export function readPerlLocal(content: Uint8Array): readonly PerlLocalEntry[] {
  const entries = new Map<string, PerlLocalEntry>();
  let module: string | undefined;
  for (const line of linesOf(content)) {
    const heading = /^=head2 [^<]*C<Module>\s+L<([\w:]{1,256})/.exec(line);
    if (heading !== null) {
      module = heading[1] ?? '';
      entries.set(module, { module });
    } else if (module !== undefined) {
      const [, version] = /^C<VERSION: ([^>]+)>/.exec(line.replace(/^=item \* /, '')) ?? [];
      if (version !== undefined) entries.set(module, { module, version });
    }
  }
  return [...entries.values()];
}

function* linesOf(content: Uint8Array): Generator<string> {
  const lines = new Lines(content);
  while (lines.next()) yield lines.beginning(lineBytesMax).trimEnd();
}
