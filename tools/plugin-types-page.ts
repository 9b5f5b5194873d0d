import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { unfixedStates } from '../src/model/fix.ts';
import { severities } from '../src/model/severity.ts';

/** The types that extensions return, by the file that declares them, in the order of the page. */
const listed: readonly (readonly [file: string, types: readonly string[]])[] = [
  ['src/model/distro.ts', ['Distro']],
  ['src/plugin/package-lister.ts', ['ListerEvent']],
  ['src/model/package.ts', ['ListedPackage', 'SourcePackage']],
  ['src/model/layer-index.ts', ['Diversion']],
  ['src/model/vulnerability.ts', ['Vulnerability', 'Affected', 'CvssVector']],
  ['src/model/namespace.ts', ['Namespace']],
  ['src/model/version-range.ts', ['VersionRange']],
  ['src/model/fix.ts', ['Fix']],
  ['src/model/vulnerability.ts', ['Conditions', 'RpmConditions']],
  [
    'src/plugin/advisory-source.ts',
    ['FetchedFeed', 'FeedRecord', 'VulnerabilityRecord', 'SkippedRecord', 'WithdrawnRecord'],
  ],
  ['src/model/enrichment.ts', ['Enrichment']],
  ['src/plugin/enricher.ts', ['EnrichmentRecord', 'RatingRecord', 'ScoresRecord']],
  ['src/model/score-batch.ts', ['ScoreBatch']],
];

/** Members that only clair sets. */
const ownMembers: ReadonlySet<string> = new Set(['Distro.source']);

const intro = `# Types of plugins

The types that detectors, listers, sources and enrichers of a [plugin](../plugins.md) return. \`clair-ts/plugin\` exports them. A member with
\`?\` is optional: leave it out if you do not know it. \`npm run reference\` generates this page from the types.
`;

/** Returns the reference page of the types that extensions return. Throws if a member has no docstring. */
export function pluginTypesPage(): string {
  const sections = listed.flatMap(([path, types]) => {
    const text = readFileSync(join(import.meta.dirname, '..', path), 'utf8');
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    return types.map((name) => sectionOf(name, source));
  });
  return [
    intro,
    ...sections,
    values('FixState', ['fixed', ...unfixedStates]),
    values('Severity', severities),
  ].join('\n');
}

function values(name: string, all: readonly string[]): string {
  return `## ${name}\n\nOne of ${all.map((value) => `\`${value}\``).join(', ')}.\n`;
}

function sectionOf(name: string, source: ts.SourceFile): string {
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name)
      return `## ${name}\n\n${docOf(statement, name)}${baseOf(statement)}\n\n${tableOf(statement.members, name)}`;
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === name)
      return `## ${name}\n\n${docOf(statement, name)}\n\n\`\`\`ts\n${statement.getText()}\n\`\`\`\n`;
  }
  throw new Error(`${source.fileName} declares no ${name}`);
}

/** Returns a sentence with links to the types that an interface extends. */
function baseOf({
  heritageClauses = [],
}: {
  readonly heritageClauses?: readonly ts.HeritageClause[];
}): string {
  const bases = heritageClauses.flatMap(({ types }) => types.map((type) => type.getText()));
  const links = bases.map((base) => `[${base}](#${base.toLowerCase()})`);
  return links.length === 0 ? '' : ` It also has all members of ${links.join(' and ')}.`;
}

function tableOf(members: readonly ts.TypeElement[], owner: string): string {
  const rows = members.filter(ts.isPropertySignature).flatMap((member) => {
    const name = member.name.getText();
    if (ownMembers.has(`${owner}.${name}`)) return [];
    const type = inCell(member.type?.getText() ?? '');
    const mark = member.questionToken === undefined ? '' : '?';
    return `| \`${name}${mark}\` | \`${type}\` | ${docOf(member, `${owner}.${name}`)} |\n`;
  });
  return `| member | type | meaning |\n|---|---|---|\n${rows.join('')}`;
}

/** Returns the docstring of a declaration in one line. Throws if it has none. */
function docOf(node: ts.Node, name: string): string {
  const [doc] = ts.getJSDocCommentsAndTags(node);
  const text = doc !== undefined && ts.isJSDoc(doc) ? ts.getTextOfJSDocComment(doc.comment) : undefined;
  if (text === undefined) throw new Error(`${name} has no docstring`);
  return inCell(text);
}

/** Returns a text in one line, escaped for a cell of a table. */
function inCell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
}
