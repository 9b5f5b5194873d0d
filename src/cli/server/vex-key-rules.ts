import { ClairError } from '../../core/errors.ts';
import { parsePublicKey, publicKeyId } from '../../kit/dsse.ts';
import { type VexKeyRule, VexKeys } from '../../service/suppressions/vex-keys.ts';
import { readSuppressionFile } from '../suppression/suppression-files.ts';

/** Reads the keys of `images.vexkeys`. Throws `config-invalid` if an entry is malformed or its file is not a public key. */
export async function readVexKeys(entries: readonly string[]): Promise<VexKeys> {
  const rules: VexKeyRule[] = [];
  for (const entry of entries) rules.push(await readRule(entry));
  return new VexKeys(rules);
}

async function readRule(entry: string): Promise<VexKeyRule> {
  const [pattern = '', file = ''] = splitOnce(entry, '=');
  if (!/^[^/\s]+\/\S+$/.test(pattern) && pattern !== '**')
    throw new ClairError(
      'config-invalid',
      `images.vexkeys takes PATTERN=FILE with a registry in the pattern, as registry.example/**=cosign.pub, not ${entry}`,
    );
  if (file === '') throw new ClairError('config-invalid', `images.vexkeys names no file for ${pattern}`);
  const key = parsePublicKey(file, await readSuppressionFile(file, 'publicKeyBytes'));
  return { pattern, key: { id: publicKeyId(key), key } };
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
