/** A name and a version, range or address, as in `@scope/name@1.0.0`. */
export interface NameAtVersion {
  readonly name: string;
  readonly version: string;
}

/** Splits at the first `@` that is not the start of a scope: a name has no other. Undefined without one. */
export function splitAtVersion(text: string): NameAtVersion | undefined {
  const at = text.indexOf('@', 1);
  return at === -1 ? undefined : { name: text.slice(0, at), version: text.slice(at + 1) };
}

/** Returns the package of an alias, `npm:name@1.0.0`. Undefined for other text, such as Yarn's `npm:1.0.0`. */
export function aliasedPackage(text: string): NameAtVersion | undefined {
  return text.startsWith('npm:') ? splitAtVersion(text.slice('npm:'.length)) : undefined;
}

/** Returns whether text is a version, not an address: `1.0.0`, `v1.0.0-rc.1+5`. */
export function isNpmVersion(text: string): boolean {
  return /^v?\d[\w.+-]*$/.test(text);
}
