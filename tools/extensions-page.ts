import { declaredListers } from '../src/analyze/declared/declared-lister.ts';
import { builtIn, transportKinds } from '../src/extensions.ts';
import { namespaceOfProduct, schemesOfTypes } from '../src/model/namespace.ts';
import type { AdvisorySource, Enricher, PackageLister, VersionScheme } from '../src/plugin/index.ts';

/** Returns the reference page of the built-in extensions. */
export function extensionsPage(): string {
  const reads = ({ wants }: { readonly wants: readonly string[] }): string => codes(wants);
  return [
    '# Built-in extensions\n',
    'The extensions that `src/extensions.ts` lists. [Plugins](../plugins.md) add more, and `clair plugin list` prints all of them. A version\nincreases whenever the same bytes may give another result.\n',
    section('Namespace detectors', 'Clair uses the result of the first detector that finds a distribution.', {
      columns: ['detector', 'version', 'reads'],
      rows: builtIn.detectors.map((one) => [code(one.name), String(one.version), reads(one)]),
    }),
    section('Package listers', 'All listers run.', {
      columns: ['lister', 'version', 'reads', 'version order'],
      rows: builtIn.listers.map((one) => [code(one.name), String(one.version), reads(one), orderOf(one)]),
    }),
    section(
      'Lock files and manifests',
      'These listers run for [source trees](../languages.md#source-trees), and for images with `--include-declared`.',
      {
        columns: ['lister', 'version', 'reads'],
        rows: declaredListers.map((one) => [code(one.name), String(one.version), reads(one)]),
      },
    ),
    section(
      'Version schemes',
      'With the purl types of each scheme. Clair also looks up packages of these types in SBOMs of other tools.',
      {
        columns: ['scheme', 'types'],
        rows: builtIn.schemes.map((one) => [code(one.name), typesOf(one)]),
      },
    ),
    section(
      'Advisory sources',
      'A fallback is used only if there is no data of the source that it replaces.',
      {
        columns: ['source', 'version', 'fallback for', 'feeds'],
        rows: builtIn.sources.map((one) => [
          code(one.name),
          String(one.version),
          one.fallbackFor === undefined ? '' : code(one.fallbackFor),
          feedsOf(one),
        ]),
      },
    ),
    section('Enrichers', 'They rate vulnerabilities, independent of packages.', {
      columns: ['enricher', 'version', 'feeds'],
      rows: builtIn.enrichers.map((one) => [code(one.name), String(one.version), feedsOf(one)]),
    }),
    section('Formats', 'Their content is described in [formats of reports](formats.md).', {
      columns: ['format', 'command', 'media type'],
      rows: formatRows(),
    }),
    section(
      'Transports',
      'Set up in the [configuration of the server](configuration.md). Transports that people read deliver last.',
      {
        columns: ['settings', 'read by'],
        rows: transportKinds.map(({ name, readBy }) => [code(`notifier.${name}`), readBy]),
      },
    ),
  ].join('\n');
}

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function section(title: string, text: string, { columns, rows }: Table): string {
  const lines = [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`);
  return `## ${title}\n\n${text}\n\n${lines.join('')}`;
}

function orderOf({ ecosystem, versionScheme }: Pick<PackageLister, 'ecosystem' | 'versionScheme'>): string {
  if (ecosystem !== undefined) return `${code(ecosystem.versionScheme)} in ${code(ecosystem.name)}`;
  return versionScheme === undefined ? 'by package type' : code(versionScheme);
}

function typesOf({ name }: VersionScheme): string {
  const types = [...schemesOfTypes].flatMap(([type, scheme]) => (scheme === name ? [code(type)] : []));
  if (name === namespaceOfProduct('openssl')?.versionScheme)
    types.push(`${code('generic')} of known products`);
  const listers = builtIn.listers.filter(({ versionScheme }) => versionScheme === name);
  return [...types, ...listers.map((lister) => `types of the lister ${code(lister.name)}`)].join(', ');
}

/** Returns the feeds of a source; of many, only the first three, the last and the count. */
function feedsOf({ feeds }: Pick<AdvisorySource | Enricher, 'feeds'>): string {
  const shown = 6;
  if (feeds.length <= shown) return codes(feeds);
  return `${codes(feeds.slice(0, shown / 2))}, … ${codes(feeds.slice(-1))} (${feeds.length} feeds)`;
}

function formatRows(): string[][] {
  return Object.entries({
    'clair scan': builtIn.formats,
    'clair sbom': builtIn.sbomFormats,
    'clair vex': builtIn.vexFormats,
  }).flatMap(([command, formats]) =>
    formats.map(({ name, mediaType }) => [code(name), code(command), code(mediaType)]),
  );
}

function codes(words: readonly string[]): string {
  return words.map(code).join(', ');
}

function code(word: string): string {
  return `\`${word}\``;
}
