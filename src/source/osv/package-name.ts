/**
 * The name by which a package is looked up: where an ecosystem holds several spellings to be one name, all are turned into one.
 * PyPI by PEP 503; NuGet, Packagist and Hex whatever the case; Swift, whose packages are repositories, whatever the case, scheme and ending
 * of a URL, as its package manager does. Others are exact.
 */
export function packageName(ecosystem: string, name: string): string {
  switch (ecosystem) {
    case 'PyPI':
      return name.toLowerCase().replace(/[-_.]+/g, '-');
    case 'NuGet':
    case 'Packagist':
    case 'Hex':
      return name.toLowerCase();
    case 'SwiftURL':
      return name
        .toLowerCase()
        .replace(/^(https?|ssh|git):\/\/([^@/]*@)?/, '')
        .replace(/(\.git)?\/?$/, '');
    default:
      return name;
  }
}
