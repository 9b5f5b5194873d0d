/** Releases of Red Hat Enterprise Linux that a product may be for if nothing states which. */
const majors = ['6', '7', '8', '9', '10'];

/**
 * Returns the namespaces of a product stream by its CPE: its edition (`::el9`), its version if it is the operating
 * system itself, or else the release in the package version. A product without a known release gets every release, and
 * the product itself is the condition.
 */
export function namespacesOfProduct(cpe: string, evr: string | undefined): string[] {
  if (cpe.startsWith('cpe:/a:redhat:hummingbird:')) return ['hummingbird'];
  const major = ofEdition.exec(cpe)?.[1] ?? ofSystem.exec(cpe)?.[1] ?? ofRelease.exec(evr ?? '')?.[1];
  return (major === undefined ? majors : [major]).map((number) => `rhel:${number}`);
}

const ofEdition = /^cpe:\/\w:redhat:[^:]*:[^:]*:[^:]*:el(\d+)/;
const ofSystem =
  /^cpe:\/\w:redhat:(?:enterprise_linux(?:_eus)?|rhel_(?:eus|aus|e4s|tus|els|eus_long_life|extras)):(\d+)/;
const ofRelease = /[.+_]el(\d+)/;
