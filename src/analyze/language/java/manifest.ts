/** Attributes of the main section of a manifest by lower-case name. */
export type ManifestAttributes = ReadonlyMap<string, string>;

const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/**
 * Parses the main section of a jar's manifest: lines `Name: value`, where a line that begins with a blank continues the one before. The
 * sections after the first empty line are about single files. JAR File Specification, "JAR Manifest". Of equal names the last one counts.
 */
export function parseManifest(content: Uint8Array): ManifestAttributes {
  const attributes = new Map<string, string>();
  for (const line of mainLines(content)) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const value = line.slice(colon + 1).trim();
    // A variable that the build has not replaced.
    if (value !== '' && !value.startsWith('%')) attributes.set(line.slice(0, colon).toLowerCase(), value);
  }
  return attributes;
}

/** Returns the lines of the main section, with continued lines joined. */
function mainLines(content: Uint8Array): string[] {
  const section = Buffer.from(content.buffer, content.byteOffset, endOfMainSection(content));
  return section
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .replaceAll(/(?:\r\n|\n|\r) /g, '')
    .split(/\r\n|\n|\r/);
}

/** Returns the position of the first empty line. Lines end with CR, LF or both. */
function endOfMainSection(content: Uint8Array): number {
  let lineStart = 0;
  for (let at = 0; at < content.length; at++) {
    const byte = content[at];
    if (byte !== lineFeed && byte !== carriageReturn) continue;
    if (at === lineStart) return at;
    if (byte === carriageReturn && content[at + 1] === lineFeed) at++;
    lineStart = at + 1;
  }
  return content.length;
}
