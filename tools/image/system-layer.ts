import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageInput } from './inputs.ts';
import { imageUser, RootFiles } from './root-files.ts';
import { output } from './run-tool.ts';

/** The libraries that Node needs, and the loader. */
const libraries =
  /^usr\/lib(?:64)?\/(?:[\w-]+\/)?(?:ld-linux[\w-]*|lib(?:c|m|dl|pthread|gcc_s|stdc\+\+))\.so\.[\d.]+$/;

/** Other files of the packages: licences, the release and the links of the merged `/usr`. */
const otherFiles = /^(?:usr\/share\/doc\/[^/]+\/copyright|(?:etc|usr\/lib)\/os-release|lib|lib64|bin|sbin)$/;

const certificates = /^usr\/share\/ca-certificates\/mozilla\/.*\.crt$/;

/** Returns a layer with the libraries of Node, certificates, and the user of the program. Debian's packages are listed in `status.d`. */
export function systemLayer(packages: readonly ImageInput[]): RootFiles {
  const files = new RootFiles();
  const authorities: Buffer[] = [];
  for (const one of packages) addPackage(files, one, authorities);
  files.addFile('etc/ssl/certs/ca-certificates.crt', Buffer.concat(authorities));
  files.addFile(
    'etc/passwd',
    `root:x:0:0:root:/nonexistent:/sbin/nologin\nclair:x:${imageUser}:${imageUser}:clair:/var/cache/clair:/sbin/nologin\n`,
  );
  files.addFile('etc/group', `root:x:0:\nclair:x:${imageUser}:\n`);
  files.addFile('etc/nsswitch.conf', 'hosts: files dns\n');
  files.addDirectory('tmp', { mode: 0o1777 });
  files.addDirectory('var/cache/clair', { owner: imageUser });
  return files;
}

function addPackage(files: RootFiles, { name, path }: ImageInput, authorities: Buffer[]): void {
  const directory = mkdtempSync(join(tmpdir(), 'clair-image-'));
  try {
    output('dpkg-deb', ['-x', path, directory]);
    const sums: string[] = [];
    for (const file of membersOf(directory)) {
      const whole = join(directory, file);
      if (certificates.test(file)) authorities.push(readFileSync(whole));
      if (!libraries.test(file) && !otherFiles.test(file)) continue;
      if (lstatSync(whole).isSymbolicLink()) files.addLink(file, readlinkSync(whole));
      else {
        const content = readFileSync(whole);
        files.addFile(file, content, { mode: libraries.test(file) ? 0o755 : 0o644 });
        sums.push(`${createHash('md5').update(content).digest('hex')}  ${file}\n`);
      }
    }
    files.addFile(`var/lib/dpkg/status.d/${name}`, output('dpkg-deb', ['-f', path]));
    files.addFile(`var/lib/dpkg/status.d/${name}.md5sums`, sums.join(''));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Returns files and symbolic links below a directory, in a fixed order. */
function membersOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
