import { quoteUntrusted, stripControls } from '../../../kit/untrusted-text.ts';
import type { ListedPackage } from '../../../model/package.ts';
import { licenseOf } from '../../../model/spdx-license.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { DependencyBudget, dependencyFields } from '../../package/dependency-names.ts';
import { isWord } from '../../package/listing.ts';
import { utf16Problem } from '../../package/text-damage.ts';
import { readWordpressHeader, readWordpressVersion, type WordpressHeader } from './wordpress-header.ts';

/** The kinds of extensions, by the field that names one. */
const nameFields = { plugin: 'Plugin Name', theme: 'Theme Name' } as const;
type ExtensionKind = keyof typeof nameFields;

const corePath = /(?:^|\/)wp-includes\/version\.php$/;
/** The directory of a plugin, or the file that is one by itself. */
const pluginPath = /(?:^|\/)wp-content\/(?:mu-)?plugins\/(?:([^/]+)\/[^/]+|([^/]+))\.php$/;
const themePath = /(?:^|\/)wp-content\/themes\/([^/]+)\/style\.css$/;

/**
 * Lists WordPress, its plugins and its themes. A plugin or theme has the name of its directory, under which `wordpress.org` publishes it. There
 * are no advisories that may be redistributed.
 */
export const wordpressLister: PackageLister = {
  name: 'wordpress',
  version: 1,
  wants: [
    '**/wp-includes/version.php',
    ...['**/wp-content/plugins/*.php', '**/wp-content/plugins/*/*.php'],
    ...['**/wp-content/mu-plugins/*.php', '**/wp-content/mu-plugins/*/*.php'],
    '**/wp-content/themes/*/style.css',
  ],
  ecosystem: { name: 'wordpress', versionScheme: 'composer' },
  // The namespace is `plugin` or `theme`.
  purlSeparator: '/',
  *list(files: Files) {
    const budget = new DependencyBudget();
    for (const [path, content] of files) yield* listFile(path, content, budget);
  },
};

function* listFile(path: string, content: Uint8Array, budget: DependencyBudget): Generator<ListerEvent> {
  const [, theme] = themePath.exec(path) ?? [];
  const [, directory, file] = pluginPath.exec(path) ?? [];
  const slug = theme ?? directory ?? file;
  if (slug === undefined) {
    if (corePath.test(path)) yield coreEvent(path, content);
    return;
  }
  const kind = theme === undefined ? 'plugin' : 'theme';
  const header = readWordpressHeader(content);
  if (header.has(nameFields[kind])) yield extensionEvent(path, `${kind}/${slug}`, { kind, header, budget });
  // The directory of a plugin has other files as well, of which one has the header. Until then, it counts as unread.
  else if (directory === undefined) yield withoutHeader(path, content);
}

/** A stylesheet without a header belongs to no theme. A file without one, beside the plugins, only keeps visitors out. */
function withoutHeader(path: string, content: Uint8Array): ListerEvent {
  const problem = utf16Problem(content);
  return problem === undefined ? { kind: 'no-package', path } : { kind: 'problem', path, problem };
}

function coreEvent(path: string, content: Uint8Array): ListerEvent {
  const version = readWordpressVersion(content);
  if (version === undefined || !isWord(version))
    return { kind: 'problem', path, problem: 'states no usable version of WordPress', lacks: 'version' };
  return { kind: 'package', path, package: packageOf('wordpress', version) };
}

interface ExtensionFacts {
  readonly kind: ExtensionKind;
  readonly header: WordpressHeader;
  readonly budget: DependencyBudget;
}

function extensionEvent(path: string, name: string, { kind, header, budget }: ExtensionFacts): ListerEvent {
  const version = header.get('Version') ?? '';
  if (!isWord(name))
    return {
      kind: 'problem',
      path,
      problem: `is in a directory with an impossible name: ${quoteUntrusted(name)}`,
    };
  if (!isWord(version))
    return { kind: 'problem', path, problem: `states no usable version of ${name}`, lacks: 'version' };
  const supplier = stripControls(header.get('Author') ?? '');
  const license = licenseOf(header.get('License') ?? '');
  return {
    kind: 'package',
    path,
    package: {
      ...packageOf(name, version),
      ...(license !== undefined && { licenses: [license] }),
      ...(supplier !== '' && { supplier }),
      ...dependencyFields(budget, { requires: requirementsIn(kind, header), provides: [] }),
    },
  };
}

function packageOf(name: string, version: string): ListedPackage {
  return { type: 'wordpress', name, version, evidence: 'installed' };
}

/** Returns the theme that a theme extends, or the plugins that a plugin requires. */
function requirementsIn(kind: ExtensionKind, header: WordpressHeader): string[] {
  const value = header.get(kind === 'theme' ? 'Template' : 'Requires Plugins') ?? '';
  const slugs = kind === 'theme' ? [value] : value.split(',');
  return slugs.map((slug) => slug.trim()).flatMap((slug) => (slug === '' ? [] : [`${kind}/${slug}`]));
}
