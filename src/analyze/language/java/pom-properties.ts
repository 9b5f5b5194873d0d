import { bufferView } from '../../../kit/bytes/bytes.ts';
import type { PartialCoordinates } from './coordinates.ts';

const keys: ReadonlyMap<string, keyof PartialCoordinates> = new Map([
  ['groupId', 'group'],
  ['artifactId', 'artifact'],
  ['version', 'version'],
]);

/** Maximum length of a line. Real ones have under a hundred characters. */
const lineCharactersMax = 1024;

/** Parses the `pom.properties` that Maven adds to the jars that it builds: Java properties, with `=`, `:` or a blank after the key. */
export function parsePomProperties(content: Uint8Array): PartialCoordinates {
  const values: { group?: string; artifact?: string; version?: string } = {};
  for (const line of bufferView(content)
    .toString('latin1')
    .split(/[\r\n]/)) {
    if (line.length > lineCharactersMax) continue;
    const text = line.trim();
    const end = text.search(/[=: \t\f]/);
    const member = end === -1 ? undefined : keys.get(text.slice(0, end));
    if (member !== undefined) values[member] ??= valueAfter(text.slice(end));
  }
  return values;
}

/** Returns the value after a separator, which may have blanks around it. */
function valueAfter(text: string): string {
  const rest = text.trim();
  return /^[=:]/.test(rest) ? rest.slice(1).trim() : rest;
}
