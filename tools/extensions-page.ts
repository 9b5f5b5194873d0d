import { builtIn, transportKinds } from '../src/extensions.ts';
import { schemesOfTypes } from '../src/model/namespace.ts';
import type { AdvisorySource, Enricher, PackageLister, VersionScheme } from '../src/plugin/index.ts';

/** Everything that comes with clair, as a page of the reference. */
export function extensionsPage(): string {
  const reads = ({ wants }: { readonly wants: readonly string[] }): string => codes(wants);
  return [
    '# What is built in\n',
    'Everything that `src/extensions.ts` names. [Plugins](../plugins.md) add to it, and `clair plugin list` tells what there is then. A version is\nraised whenever the same bytes may give something else.\n',
    section('Namespace detectors', 'The first that tells a distribution counts.', {
      columns: ['detector', 'version', 'reads'],
      rows: builtIn.detectors.map((one) => [code(one.name), String(one.version), reads(one)]),
    }),
    section('Package listers', 'All are asked.', {
      columns: ['lister', 'version', 'reads', 'versions order'],
      rows: builtIn.listers.map((one) => [code(one.name), String(one.version), reads(one), orderOf(one)]),
    }),
    section(
      'Version schemes',
      'By the types of package URLs that order so. Packages of these types are looked up in SBOMs of others too.',
      {
        columns: ['scheme', 'types'],
        rows: builtIn.schemes.map((one) => [code(one.name), typesOf(one)]),
      },
    ),
    section('Advisory sources', 'One that stands in for another counts where nothing of that is to be had.', {
      columns: ['source', 'version', 'stands in for', 'feeds'],
      rows: builtIn.sources.map((one) => [
        code(one.name),
        String(one.version),
        one.fallbackFor === undefined ? '' : code(one.fallbackFor),
        feedsOf(one),
      ]),
    }),
    section('Enrichers', 'They speak of vulnerabilities, whatever package these are in.', {
      columns: ['enricher', 'version', 'feeds'],
      rows: builtIn.enrichers.map((one) => [code(one.name), String(one.version), feedsOf(one)]),
    }),
    section('Formats', '[The formats of reports](formats.md) tells what is in them.', {
      columns: ['format', 'command', 'media type'],
      rows: formatRows(),
    }),
    section(
      'Transports',
      'Those that [the configuration of a server](configuration.md) describes. What people read is told last.',
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
  if (ecosystem !== undefined) return `in ${code(ecosystem.name)} as ${code(ecosystem.versionScheme)}`;
  return versionScheme === undefined ? 'as their type does' : `as ${code(versionScheme)}`;
}

function typesOf({ name }: VersionScheme): string {
  const types = [...schemesOfTypes].flatMap(([type, scheme]) => (scheme === name ? [code(type)] : []));
  const listers = builtIn.listers.filter(({ versionScheme }) => versionScheme === name);
  return [...types, ...listers.map((lister) => `those of the lister ${code(lister.name)}`)].join(', ');
}

/** The first and the last of many. */
function feedsOf({ feeds }: Pick<AdvisorySource | Enricher, 'feeds'>): string {
  const shown = 6;
  if (feeds.length <= shown) return codes(feeds);
  return `${codes(feeds.slice(0, shown / 2))}, … ${codes(feeds.slice(-1))}: ${feeds.length} of them`;
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
