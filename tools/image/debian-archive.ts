import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { platforms } from './platforms.ts';
import { output } from './run-tool.ts';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Packages of a release of Debian, fetched by apt. It verifies the signature of the archive. Nothing is installed. */
export class DebianArchive {
  readonly #release: string;
  readonly #directory: string;
  #isListed = false;

  constructor(release: string, directory: string) {
    this.#release = release;
    this.#directory = resolve(directory);
  }

  /** Returns the file of a package. Fetches it unless it is there. Throws if the archive no longer has the version. */
  fetch(name: string, version: string, architecture: string): string {
    const path = join(this.#directory, `${name}_${version}_${architecture}.deb`);
    if (existsSync(path)) return path;
    const fresh = mkdtempSync(join(this.#directory, 'apt-'));
    this.#tool('apt-get', [...native(architecture), 'download', `${name}=${version}`], fresh);
    for (const file of readdirSync(fresh)) renameSync(join(fresh, file), path);
    rmdirSync(fresh);
    return path;
  }

  /** Returns the newest version of a package. */
  newest(name: string, architecture: string): string {
    const policy = this.#tool('apt-cache', [...native(architecture), 'policy', name]);
    const [, version] = /Candidate: (\S+)/.exec(policy) ?? [];
    if (version === undefined) throw new Error(`the archive has no package ${name}`);
    return version;
  }

  #tool(tool: string, args: readonly string[], cwd = this.#directory): string {
    if (!this.#isListed) {
      this.#isListed = true;
      this.#writeSources();
      output('apt-get', [...this.#options(), 'update'], this.#directory);
    }
    return output(tool, [...this.#options(), ...args], cwd).toString();
  }

  #writeSources(): void {
    for (const part of ['lists/partial', 'archives/partial'])
      mkdirSync(join(this.#directory, 'apt', part), { recursive: true });
    const source = (archive: string, suite: string): string =>
      `deb [signed-by=${keyring}] http://deb.debian.org/${archive} ${suite} main\n`;
    writeFileSync(
      join(this.#directory, 'apt/sources.list'),
      source('debian', this.#release) +
        source('debian', `${this.#release}-updates`) +
        source('debian-security', `${this.#release}-security`),
    );
  }

  #options(): string[] {
    const apt = join(this.#directory, 'apt');
    const architectures = Object.values(platforms).map(({ debian }) => debian);
    return [
      `Dir::Etc::sourcelist=${apt}/sources.list`,
      'Dir::Etc::sourceparts=/nonexistent',
      `Dir::State::lists=${apt}/lists`,
      `Dir::Cache=${apt}`,
      'Dir::State::status=/dev/null',
      'APT::Sandbox::User=root',
      `APT::Architectures=${architectures.join(',')}`,
    ].flatMap((option) => ['-o', option]);
  }
}

/** Returns the option with which apt takes packages of an architecture, and those of all architectures, for a name alone. */
function native(architecture: string): string[] {
  return ['-o', `APT::Architecture=${architecture}`];
}
