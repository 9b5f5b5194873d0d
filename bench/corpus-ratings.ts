/** Ratings of the corpus as their publishers serve them, and which vulnerabilities its sources know and rate. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { isCve } from '../src/model/cve.ts';
import { baseScore } from '../src/model/cvss.ts';
import { type CorpusFile, corpusFiles } from '../src/testing/corpus-archive.ts';
import { recordPath } from '../src/testing/cve-records.ts';

/** An OSV record, reduced to what states a rating. */
interface OsvRecord {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly details?: string;
  readonly severity?: readonly { readonly score: string }[];
  readonly database_specific?: { readonly severity?: string };
}

/** An item of NVD's files and API. */
interface NvdItem {
  readonly cve: { readonly id: string; readonly metrics?: object };
}

/** The hosts of the rating lists. */
export const ratingHosts: readonly string[] = ['api.github.com', 'github.com', 'nvd.nist.gov'];

/** Writes the CVE list and NVD's files into a mirror. OSV's records of Debian's CVEs have vectors of NVD, so they are in NVD's files. */
export function mirrorRatings(directory: string): void {
  const put = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  };
  const asset = { name: '2024-10-31_all_CVEs_at_midnight.zip.zip' };
  const releases = [{ tag_name: 'cve_2024-10-31_0100Z', assets: [asset] }];
  put('api.github.com/repos/CVEProject/cvelistV5/releases', JSON.stringify(releases));
  put(
    'github.com/CVEProject/cvelistV5/releases/latest/download/all_CVEs_at_midnight.zip.zip',
    zipSync({ 'cves.zip': cveArchive() }, { level: 0 }),
  );
  for (const [year, items] of Map.groupBy(nvdItems().values(), ({ cve }) => cve.id.slice(4, 8)))
    put(
      `nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-${year < '2002' ? '2002' : year}.json.gz`,
      gzipSync(JSON.stringify({ format: 'NVD_CVE', version: '2.0', vulnerabilities: items })),
    );
}

function cveArchive(): Uint8Array {
  const files = cveRecords().map(({ path, bytes }) => {
    const id = basename(path, '.json');
    return [`cves/${recordPath(id)}`, bytes] as const;
  });
  return zipSync(Object.fromEntries(files), { level: 6 });
}

function cveRecords(): CorpusFile[] {
  return [...corpusFiles('feeds/cve5/vulnrichment.tar.zst', '.json')].filter(({ path }) =>
    isCve(basename(path, '.json')),
  );
}

/** Returns the items of NVD's own files, and those of OSV for other CVEs, by id. */
function nvdItems(): Map<string, NvdItem> {
  const items = new Map(
    osvRecords('feeds/osv/debian.tar.zst')
      .filter(({ id }) => isCve(id))
      .map((record) => [record.id, nvdItemOf(record)] as const),
  );
  for (const item of ownNvdItems()) items.set(item.cve.id, item);
  return items;
}

function ownNvdItems(): NvdItem[] {
  return [...corpusFiles('feeds/nvd/nvd-samples.tar.zst', 'full-page.json')].flatMap(
    ({ bytes }) => (JSON.parse(bytes.toString()) as { vulnerabilities: NvdItem[] }).vulnerabilities,
  );
}

function nvdItemOf({
  id,
  details = '',
  severity = [],
}: OsvRecord): NvdItem & { readonly cve: Readonly<Record<string, unknown>> } {
  const rated = severity.flatMap(({ score: vectorString }) => {
    const score = baseScore(vectorString);
    return score === undefined ? [] : [{ vectorString, baseScore: score }];
  });
  const metrics = Map.groupBy(rated, ({ vectorString }) => metricOf(vectorString));
  return {
    cve: {
      id,
      vulnStatus: 'Analyzed',
      descriptions: [{ lang: 'en', value: details }],
      metrics: Object.fromEntries(
        [...metrics].map(([name, all]) => [
          name,
          all.map((cvssData) => ({ source: 'nvd@nist.gov', type: 'Primary', cvssData })),
        ]),
      ),
    },
  };
}

function metricOf(vector: string): string {
  const [, major, minor] = /^CVSS:(\d)\.(\d)/.exec(vector) ?? [];
  return major === undefined ? 'cvssMetricV2' : `cvssMetricV${major}${minor}`;
}

function osvRecords(archive: string): OsvRecord[] {
  return [...corpusFiles(archive, '.json')].map(({ bytes }) => JSON.parse(bytes.toString()) as OsvRecord);
}

const gitHubEcosystems = [
  ...['cargo', 'composer', 'erlang', 'golang', 'maven', 'npm', 'nuget'],
  ...['pip', 'pub', 'rubygems', 'swift'],
];

/** The CVEs that the sources of the corpus know. */
export interface CorpusKnowledge {
  /** Those with a record in the CVE list or NVD's files. */
  readonly listed: ReadonlySet<string>;
  /** Those that GitHub rates for a package of a language. Such a rating is no rating of a package of a distribution. */
  readonly ratedByGitHub: ReadonlySet<string>;
}

/** Reads which CVEs the corpus knows. */
export function corpusKnowledge(): CorpusKnowledge {
  const gitHub = gitHubEcosystems.flatMap((name) => osvRecords(`feeds/ghsa/${name}.tar.zst`));
  return {
    listed: new Set([...cveRecords().map(({ path }) => basename(path, '.json')), ...nvdItems().keys()]),
    ratedByGitHub: new Set(
      gitHub
        .filter(({ severity = [], database_specific: own }) => severity.length > 0 || own?.severity)
        .flatMap(({ aliases = [] }) => aliases.filter(isCve)),
    ),
  };
}
