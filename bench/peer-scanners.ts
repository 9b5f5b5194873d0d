import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { node } from './command.ts';
import type { Contender } from './measure.ts';

/** Paths of the programs of other scanners, and the directory with the `node_modules` of snyk-docker-plugin. Those without a path are left out. */
export interface PeerPlaces {
  readonly trivy?: string | undefined;
  readonly syft?: string | undefined;
  readonly 'osv-scanner'?: string | undefined;
  readonly snyk?: string | undefined;
}

/** Other scanners. Each lists the packages of an image: offline, and without an advisory database. */
export class PeerScanners {
  readonly trivy: string;
  readonly syft: string;
  readonly osvScanner: string;
  readonly snyk: string = 'snyk-docker-plugin';
  readonly #places: PeerPlaces;
  readonly #work: string;

  /** Asks the programs for their versions. `work` is a directory for their caches. */
  constructor(places: PeerPlaces, work: string) {
    this.#places = places;
    this.#work = work;
    this.trivy = versionedName('trivy', places.trivy);
    this.syft = versionedName('syft', places.syft);
    this.osvScanner = versionedName('osv-scanner', places['osv-scanner']);
  }

  /** Returns those that read an image: the archive of `docker save`, or an OCI layout. */
  of(image: string): Contender[] {
    const isArchive = image.endsWith('.tar');
    return [
      ...this.#trivyOf(image),
      ...this.#syftOf(`${isArchive ? 'docker-archive' : 'oci-dir'}:${image}`),
      // These two read no layouts.
      ...(isArchive ? [...this.#osvScannerOf(image), ...this.#snykOf(image)] : []),
    ];
  }

  #trivyOf(image: string): Contender[] {
    const { trivy } = this.#places;
    if (trivy === undefined) return [];
    const cache = join(this.#work, 'trivy');
    // These two are options in later versions only.
    const environment = 'TRIVY_SKIP_VERSION_CHECK=true TRIVY_DISABLE_TELEMETRY=true';
    const command = `env ${environment} ${trivy} image --cache-dir ${cache} --input ${image} --format cyclonedx --offline-scan --skip-java-db-update -q`;
    return [
      {
        name: this.trivy,
        command,
        before: () => {
          emptyTrivyCache(cache);
        },
      },
    ];
  }

  #syftOf(source: string): Contender[] {
    const { syft } = this.#places;
    if (syft === undefined) return [];
    const environment = `SYFT_CHECK_FOR_APP_UPDATE=false XDG_CACHE_HOME=${join(this.#work, 'syft')}`;
    return [{ name: this.syft, command: `env ${environment} ${syft} scan ${source} -o cyclonedx-json -q` }];
  }

  #osvScannerOf(archive: string): Contender[] {
    const program = this.#places['osv-scanner'];
    if (program === undefined) return [];
    // It fails without a database of advisories, unless its matcher is off. Its CycloneDX lacks the packages of distributions.
    const command = `${program} scan image --archive ${archive} --offline --experimental-disable-plugins vulnmatch/osvlocal --all-packages --format json`;
    return [{ name: this.osvScanner, command }];
  }

  #snykOf(archive: string): Contender[] {
    const { snyk } = this.#places;
    if (snyk === undefined) return [];
    const script = `require('snyk-docker-plugin').scan({path:'docker-archive:${archive}','exclude-app-vulns':true}).then(r=>console.log(r.scanResults.length))`;
    const modules = join(resolve(snyk), 'node_modules');
    return [{ name: this.snyk, command: `env NODE_PATH=${modules} ${node} -e "${script}"` }];
  }
}

/** Returns the name with the version that the program prints. */
function versionedName(name: string, program: string | undefined): string {
  if (program === undefined) return name;
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const [version] = /\d+\.\d+\.\d+/.exec(stdout) ?? [];
  if (version === undefined) throw new Error(`${program} --version prints no version`);
  return `${name} ${version}`;
}

/** Removes cached layers. Creates an empty database for Java archives, without which Trivy refuses to read them. */
function emptyTrivyCache(cache: string): void {
  rmSync(cache, { recursive: true, force: true });
  const place = join(cache, 'java-db');
  mkdirSync(place, { recursive: true });
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const db = new DatabaseSync(join(place, 'trivy-java.db'));
  db.exec('CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT)');
  db.exec('CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT)');
  db.close();
  const now = new Date().toISOString();
  writeFileSync(
    join(place, 'metadata.json'),
    JSON.stringify({ Version: 1, NextUpdate: '2100-01-01T00:00:00Z', UpdatedAt: now, DownloadedAt: now }),
  );
}
