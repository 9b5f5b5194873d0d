/**
 * The name by which a package is looked up: where an ecosystem holds several spellings to be one name, all are turned into one.
 * PyPI by PEP 503; NuGet, Packagist and Hex whatever the case. Others are exact.
 */
export function packageName(ecosystem: string, name: string): string {
  switch (ecosystem) {
    case 'PyPI':
      return name.toLowerCase().replace(/[-_.]+/g, '-');
    case 'NuGet':
    case 'Packagist':
    case 'Hex':
      return name.toLowerCase();
    default:
      return name;
  }
}
