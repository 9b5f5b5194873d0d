/** Releases of Red Hat Enterprise Linux that a product may be on when nothing tells on which it is. */
const majors = ['6', '7', '8', '9', '10'];

/**
 * The namespaces a product stream is on, by its CPE: its edition (`::el9`), its version where it is the operating system
 * itself, else the release of the package. A product on no known release is on each, and the product itself is the condition.
 */
export function namespacesOf(cpe: string, evr: string | undefined): string[] {
  if (cpe.startsWith('cpe:/a:redhat:hummingbird:')) return ['hummingbird'];
  const major = ofEdition.exec(cpe)?.[1] ?? ofSystem.exec(cpe)?.[1] ?? ofRelease.exec(evr ?? '')?.[1];
  return (major === undefined ? majors : [major]).map((number) => `rhel:${number}`);
}

const ofEdition = /^cpe:\/\w:redhat:[^:]*:[^:]*:[^:]*:el(\d+)/;
const ofSystem =
  /^cpe:\/\w:redhat:(?:enterprise_linux(?:_eus)?|rhel_(?:eus|aus|e4s|tus|els|eus_long_life|extras)):(\d+)/;
const ofRelease = /[.+_]el(\d+)/;
