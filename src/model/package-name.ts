import { upstreamNameOf } from './supplier.ts';

/**
 * Returns the name by which a package is looked up. Ecosystems with several spellings of a name get one of them. PyPI follows PEP 503.
 * NuGet, Packagist and Hex ignore case. crates.io also reserves `a-b` for the owner of `a_b`. Swift packages are repositories: case, scheme and suffix of a URL are ignored, as by its package
 * manager. A supplier's name for a package becomes the upstream name. Other names are exact.
 */
export function packageName(namespace: string, name: string): string {
  const [supplier = '', type] = namespace.split(':');
  if (type !== undefined) return ecosystemName(type, upstreamNameOf(supplier, type, name));
  return ecosystemName(namespace, name);
}

/** Returns the version by which a package is looked up. Some tools write that of Go itself as Go does: `go1.22.5`. */
export function packageVersion(namespace: string, version: string): string {
  return namespace === 'golang' ? version.replace(/^go(?=\d)/, '') : version;
}

function ecosystemName(type: string, name: string): string {
  switch (type) {
    case 'pypi':
      return name.toLowerCase().replace(/[-_.]+/g, '-');
    case 'cargo':
      return name.toLowerCase().replaceAll('_', '-');
    case 'nuget':
    case 'composer':
    case 'hex':
      return name.toLowerCase();
    case 'swift':
      return name
        .toLowerCase()
        .replace(/^(https?|ssh|git):\/\/([^@/]*@)?/, '')
        .replace(/(\.git)?\/?$/, '');
    default:
      return name;
  }
}
