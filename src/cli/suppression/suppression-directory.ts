import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ClairError, messageOf } from '../../core/errors.ts';
import type { ParseSuppressions, Suppressions } from '../../match/suppress/decide.ts';
import { compareText } from '../../model/order.ts';
import { joined } from '../../service/suppressions/active-suppressions.ts';
import { readIgnoreFile } from '../../suppression-files/read-ignore-file.ts';
import { readVex } from '../../suppression-files/read-vex.ts';
import { assertFewDocuments, assertFewProducts, readSuppressionFile } from './suppression-files.ts';

/** Files of rules whose names begin with a dot. All other such files are skipped, also those of Kubernetes' mounts. */
const hiddenRuleFiles: ReadonlySet<string> = new Set([
  '.clairignore.yaml',
  '.trivyignore',
  '.trivyignore.yaml',
  '.grype.yaml',
]);

/**
 * Reads the rules (`.yaml`, `.yml`, `.trivyignore`) and VEX documents (`.json`) below a directory, in the order of their paths. Without a
 * directory there are no rules. Throws `config-invalid` if one of the files cannot be used, and `limit-exceeded` if there are too many.
 */
export async function readSuppressionDirectory(directory: string): Promise<Suppressions> {
  if (directory === '') return { rules: [], statements: [] };
  const names = namesBelow(directory).filter(isSuppressionFile).sort(compareText);
  assertFewDocuments(names.length, directory);
  const read: Suppressions[] = [];
  let products = 0;
  for (const name of names) {
    const limit = name.endsWith('.json') ? 'vexDocumentBytes' : 'ignoreFileBytes';
    const content = (await readSuppressionFile(join(directory, name), limit)).toString();
    const parsed = parseSuppressions({ name, content });
    for (const statement of parsed.statements) products += statement.products.length;
    assertFewProducts(products, directory);
    read.push(parsed);
  }
  return joined(read);
}

function namesBelow(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    const cause = { cause: error };
    throw new ClairError('config-invalid', `images.suppressions cannot be read: ${messageOf(error)}`, cause);
  }
}

function isSuppressionFile(path: string): boolean {
  const name = basename(path);
  if (
    path
      .split('/')
      .slice(0, -1)
      .some((folder) => folder.startsWith('.'))
  )
    return false;
  return hiddenRuleFiles.has(name) || (!name.startsWith('.') && /\.(?:json|ya?ml|trivyignore)$/.test(name));
}

/** Reads a file of rules, or a VEX document if the name ends with `.json`. Throws `config-invalid`. */
export const parseSuppressions: ParseSuppressions = ({ name, content }) => {
  if (!name.endsWith('.json')) return { rules: readIgnoreFile(name, content), statements: [] };
  const { statements } = readVex(Buffer.from(content), { place: name, wants: () => true });
  return { rules: [], statements };
};
