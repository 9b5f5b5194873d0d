import * as z from 'zod/mini';
import {
  inventoryNamespace,
  type ManifestContent,
  manifestLister,
  readJsonManifest,
} from '../../manifest-lister.ts';

const extensionPath = /(?:^|\/)extensions\/[^/]+\/package\.json$/;

const manifestSchema = z.object({
  name: z.optional(z.string()),
  version: z.optional(z.string()),
  publisher: z.optional(z.string()),
  license: z.catch(z.optional(z.string()), undefined),
  engines: z.optional(z.looseObject({ vscode: z.optional(z.string()) })),
});

/**
 * Lists extensions of Visual Studio Code and of editors that use them, each by publisher and name in lower case, as its marketplace does.
 * There are no advisories.
 */
export const vscodeLister = manifestLister({
  type: 'vscode-extension',
  version: 1,
  wants: ['**/extensions/*/package.json'],
  ecosystem: inventoryNamespace('vscode-extension'),
  // The namespace is the publisher.
  purlSeparator: '/',
  read: readExtension,
});

function readExtension(path: string, content: Uint8Array): ManifestContent {
  if (!extensionPath.test(path)) return undefined;
  const read = readJsonManifest(content, manifestSchema);
  if ('problem' in read) return undefined;
  const { name = '', version = '', publisher, engines, license } = read.value;
  // Other programs have directories of this name, too. Without engine and publisher, it is no extension of a marketplace.
  if (engines?.vscode === undefined || publisher === undefined) return undefined;
  return { name: `${publisher}/${name}`.toLowerCase(), version, license };
}
