/** A package with the name that the manager takes, and the version that it must reach. */
export interface PatchedPackage {
  /** Without shell characters: it has the form of the manager's names. `NAME:ARCH` if several architectures are installed. */
  readonly name: string;
  readonly fixedVersion: string;
}

/** How a package manager upgrades packages in a Dockerfile. */
export interface PackageManager {
  /** The packages of which one brings the manager. */
  readonly programs: readonly string[];
  /** The type of its packages. */
  readonly type: 'deb' | 'apk' | 'rpm';
  readonly isName: (name: string) => boolean;
  readonly isVersion: (version: string) => boolean;
  /** Returns the commands; the build fails if one of them fails. */
  readonly commands: (packages: readonly PatchedPackage[]) => readonly string[];
}

// deb-control(5), deb-version(7).
const debName = /^[a-z0-9][a-z0-9+.-]{0,127}(?::[a-z0-9-]{1,31})?$/;
const debVersion = /^(?:\d{1,10}:)?\d[A-Za-z0-9.+~-]{0,127}$/;
const apkName = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}$/;
const apkVersion = /^\d[A-Za-z0-9._~-]{0,127}$/;
const rpmName = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}$/;
const rpmVersion = /^(?:\d{1,10}:)?[A-Za-z0-9][A-Za-z0-9._+~^-]{0,127}$/;

const rpm = {
  type: 'rpm',
  isName: (name: string) => rpmName.test(name),
  isVersion: (version: string) => rpmVersion.test(version),
} as const;

/** Package managers, the preferred one first. */
export const packageManagers: readonly PackageManager[] = [
  {
    programs: ['apt'],
    type: 'deb',
    isName: (name) => debName.test(name),
    isVersion: (version) => debVersion.test(version),
    commands: (packages) => [
      'apt-get update',
      `apt-get install -y --no-install-recommends --only-upgrade ${packages.map(({ name }) => name).join(' ')}`,
      ...packages.map(dpkgCheck),
      'rm -rf /var/lib/apt/lists/*',
    ],
  },
  {
    programs: ['apk-tools'],
    type: 'apk',
    isName: (name) => apkName.test(name),
    isVersion: (version) => apkVersion.test(version),
    commands: (packages) => [
      `apk upgrade --no-cache ${packages.map(({ name }) => name).join(' ')}`,
      ...packages.map(({ name, fixedVersion }) => `apk info -e '${name}>=${fixedVersion}'`),
    ],
  },
  { ...rpm, programs: ['dnf', 'dnf5'], commands: (packages) => rpmCommands('dnf', packages) },
  { ...rpm, programs: ['microdnf'], commands: (packages) => rpmCommands('microdnf', packages) },
  { ...rpm, programs: ['yum'], commands: (packages) => rpmCommands('yum', packages) },
  {
    ...rpm,
    programs: ['zypper'],
    commands: (packages) => [
      'zypper --non-interactive refresh',
      `zypper --non-interactive install --no-recommends ${packages.map(atLeast).join(' ')}`,
      'zypper clean --all',
    ],
  },
];

/** The archives of Debian and Ubuntu have the newest version only. So the newest one is installed, and compared with the wanted one. */
function dpkgCheck({ name, fixedVersion }: PatchedPackage): string {
  // Advisories of Debian and Ubuntu state versions of source packages.
  return `dpkg --compare-versions "$(dpkg-query -W -f='\${source:Version}' ${name})" ge '${fixedVersion}'`;
}

function rpmCommands(program: string, packages: readonly PatchedPackage[]): string[] {
  return [`${program} install -y ${packages.map(atLeast).join(' ')}`, `${program} clean all`];
}

function atLeast({ name, fixedVersion }: PatchedPackage): string {
  return `'${name} >= ${fixedVersion}'`;
}
