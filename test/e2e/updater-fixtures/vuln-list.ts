import { builtIn } from '../../../src/extensions.ts';
import { azure } from '../../../src/source/azure/azure.ts';
import { bottlerocket } from '../../../src/source/bottlerocket/bottlerocket.ts';
import { chainguard } from '../../../src/source/chainguard/chainguard.ts';
import { osvSource } from '../../../src/source/osv/osv.ts';
import { photon } from '../../../src/source/photon/photon.ts';
import { type Archive, type FixtureCase, fileOf, jsonIn, read, rowFacts, severityFacts } from './facts.ts';

const folder = 'vuln-list-update';
const osv = osvSource(builtIn.schemes);

/** Golden files of vuln-list-update's tests in formats that we read. */
export const vulnListCases: readonly FixtureCase[] = [
  {
    name: 'vuln-list chainguard',
    files: [`${folder}/chainguard/testdata/security.json`, `${folder}/chainguard/testdata/golden/`],
    stated: (archive) =>
      jsonIn<Secdb>(archive, `${folder}/chainguard/testdata/golden/`).flatMap(({ name, secfixes }) =>
        Object.entries(secfixes).flatMap(([version, ids]) =>
          ids.map((id) => `${id} chainguard ${name} ${version}`),
        ),
      ),
    ours: async (archive) =>
      rowFacts(
        await read(chainguard, 'chainguard', fileOf(archive, `${folder}/chainguard/testdata/security.json`)),
      ),
  },
  {
    name: 'vuln-list bottlerocket',
    files: [`${folder}/bottlerocket/testdata/updateinfo.xml.gz`, `${folder}/bottlerocket/testdata/golden/`],
    stated: (archive) =>
      jsonIn<Brsa>(archive, `${folder}/bottlerocket/testdata/golden/`).flatMap(({ id, packages }) =>
        packages.map(
          ({ name, epoch, version, release }) =>
            `${id} bottlerocket ${name} ${epoch === '0' ? '' : `${epoch}:`}${version}-${release}`,
        ),
      ),
    ours: async (archive) =>
      rowFacts(
        await read(
          bottlerocket,
          'updateinfo',
          fileOf(archive, `${folder}/bottlerocket/testdata/updateinfo.xml.gz`),
          'updateinfo.xml.gz',
        ),
      ),
  },
  {
    name: 'vuln-list photon',
    files: [
      ...['1.0', '2.0', '3.0'].map((release) => `${folder}/photon/testdata/cve_data_photon${release}.json`),
      `${folder}/photon/testdata/golden/`,
    ],
    stated: (archive) => jsonIn<PhotonEntry>(archive, `${folder}/photon/testdata/golden/`).map(photonFact),
    ours: async (archive) => {
      const releases = ['1.0', '2.0', '3.0'].map(async (release) =>
        rowFacts(
          await read(
            photon,
            release,
            fileOf(archive, `${folder}/photon/testdata/cve_data_photon${release}.json`),
            `cve_data_photon${release}.json`,
          ),
        ),
      );
      return (await Promise.all(releases)).flat();
    },
  },
  ...[
    ['azurelinux-3.0', 'azurelinux-3.0-oval.xml', 'azure/3.0', 'azurelinux:3.0'],
    ['cbl-mariner-1.0', 'cbl-mariner-1.0-oval.xml', 'mariner/1.0', 'mariner:1.0'],
    ['cbl-mariner-2.0', 'cbl-mariner-2.0-preview-oval.xml', 'mariner/2.0', 'mariner:2.0'],
  ].map(
    ([feed = '', file = '', golden = '', namespace = '']): FixtureCase => ({
      name: `vuln-list ${feed}`,
      files: [`${folder}/mariner/testdata/happy/${file}`, `${folder}/mariner/testdata/golden/${golden}/`],
      stated: (archive) => statedByOval(archive, `${folder}/mariner/testdata/golden/${golden}/`, namespace),
      ours: async (archive) => {
        const records = await read(azure, feed, fileOf(archive, `${folder}/mariner/testdata/happy/${file}`));
        return [...rowFacts(records, 'range'), ...severityFacts(records)];
      },
    }),
  ),
  ...[
    ['Go', 'go', 'golang'],
    ['PyPI', 'python', 'pypi'],
    ['crates.io', 'rust', 'cargo'],
  ].map(
    ([feed = '', place = '', namespace = '']): FixtureCase => ({
      name: `vuln-list osv ${feed}`,
      files: [`${folder}/osvdev/testdata/${place}/all.zip`, `${folder}/osvdev/testdata/golden/${place}/`],
      stated: (archive) => {
        const records = jsonIn<OsvGolden>(archive, `${folder}/osvdev/testdata/golden/${place}/`);
        return records.flatMap((record) => statedByOsv(record, namespace));
      },
      ours: async (archive) => {
        const records = await read(
          osv,
          feed,
          fileOf(archive, `${folder}/osvdev/testdata/${place}/all.zip`),
          'all.zip',
        );
        const aliases = records.flatMap((one) =>
          'aliases' in one ? one.aliases.map((alias) => `${one.id} is ${alias}`) : [],
        );
        return [...rowFacts(records), ...aliases];
      },
    }),
  ),
];

interface Secdb {
  readonly name: string;
  readonly secfixes: Readonly<Record<string, readonly string[]>>;
}

interface Brsa {
  readonly id: string;
  readonly packages: readonly {
    readonly name: string;
    readonly epoch: string;
    readonly version: string;
    readonly release: string;
  }[];
}

interface PhotonEntry {
  readonly os_version: string;
  readonly cve_id: string;
  readonly pkg: string;
  readonly aff_ver: string;
  readonly res_ver: string;
}

/** Returns a fact of Photon. Counts `NA` as not affected, because golden files lack the status that would decide. */
function photonFact({ os_version, cve_id, pkg, res_ver }: PhotonEntry): string {
  return `${cve_id} photon:${os_version} ${pkg} ${res_ver === 'NA' ? 'not-affected' : res_ver}`;
}

interface OvalDefinition {
  readonly Metadata: { readonly Reference: { readonly RefID: string }; readonly Severity: string };
  readonly Criteria: { readonly Criterion: readonly { readonly TestRef: string }[] };
}

/** Joins definitions, tests, objects and states by their ids. Each kind has files of its own. */
function statedByOval(archive: Archive, place: string, namespace: string): string[] {
  interface Ref {
    readonly ID: string;
    readonly Object: { readonly ObjectRef: string };
    readonly State: { readonly StateRef: string };
  }
  interface State {
    readonly ID: string;
    readonly Evr: { readonly Text: string; readonly Operation: string };
  }
  const [tests] = jsonIn<{ RpminfoTests: Ref[] }>(archive, `${place}tests/`);
  const [objects] = jsonIn<{ RpminfoObjects: { ID: string; Name: string }[] }>(archive, `${place}objects/`);
  const [states] = jsonIn<{ RpminfoState: State[] }>(archive, `${place}states/`);
  return jsonIn<OvalDefinition>(archive, `${place}definitions/`).flatMap(({ Metadata, Criteria }) => {
    const id = Metadata.Reference.RefID;
    const rows = Criteria.Criterion.flatMap(({ TestRef }) => {
      const found = tests?.RpminfoTests.find(({ ID }) => ID === TestRef);
      const name = objects?.RpminfoObjects.find(({ ID }) => ID === found?.Object.ObjectRef)?.Name;
      const evr = states?.RpminfoState.find(({ ID }) => ID === found?.State.StateRef)?.Evr;
      if (evr?.Operation === 'greater than') return [];
      const bound = evr?.Operation === 'less than or equal' ? `up to ${evr.Text}` : evr?.Text;
      return [`${id} ${namespace} ${name} ${bound}`];
    });
    return [...rows, `${id} is ${Metadata.Severity}`];
  });
}

interface OsvGolden {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly affected: readonly {
    readonly package: { readonly name: string };
    readonly ranges?: readonly {
      readonly type: string;
      readonly events: readonly { readonly fixed?: string }[];
    }[];
  }[];
}

/** Returns the version that ends each range. A list of versions besides it adds nothing. */
function statedByOsv({ id, aliases = [], affected }: OsvGolden, namespace: string): string[] {
  const rows = affected.flatMap(({ package: { name }, ranges = [] }) =>
    ranges
      .filter(({ type }) => type !== 'GIT')
      .flatMap(({ events }) => {
        const fixed = events.flatMap((event) => event.fixed ?? []);
        return (fixed.length > 0 ? fixed : ['unfixed']).map((end) => `${id} ${namespace} ${name} ${end}`);
      }),
  );
  return [...rows, ...aliases.map((alias) => `${id} is ${alias}`)];
}
