/**
 * The name by which a package is looked up: where an ecosystem holds several spellings to be one name, all are turned into one.
 * PyPI by PEP 503; NuGet, Packagist and Hex whatever the case; Swift, whose packages are repositories, whatever the case, scheme and ending
 * of a URL, as its package manager does. Others are exact.
 */
export function packageName(namespace: string, name: string): string {
  switch (namespace) {
    case 'pypi':
      return name.toLowerCase().replace(/[-_.]+/g, '-');
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
