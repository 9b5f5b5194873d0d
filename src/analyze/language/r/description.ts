import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import { stanzas } from '../../deb822.ts';
import { isWord } from '../../package/listing.ts';

/** An installed package of R. */
export interface RPackage {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly maintainer?: string;
}

/**
 * Returns the package that a DESCRIPTION file states, or the reason why it states none. Undefined for a source tree, which lacks the field
 * `Built` that R adds when it installs a package. Writing R Extensions, "The DESCRIPTION file".
 */
export function readDescription(content: Uint8Array): RPackage | { readonly problem: string } | undefined {
  const [first] = stanzas(content, ['Package', 'Version', 'Built', 'License', 'Maintainer']);
  const [name, version, built, license, maintainer] = first?.values ?? [];
  // Without a version, the file is cut or broken. Source trees have one.
  if (name === undefined || (built === undefined && version !== undefined)) return undefined;
  if (!isWord(name)) return { problem: `has an impossible package name ${quoteUntrusted(name)}` };
  if (version === undefined || !isWord(version)) return { problem: `states no usable version of ${name}` };
  return { name, version, ...(license && { license }), ...(maintainer && { maintainer }) };
}
