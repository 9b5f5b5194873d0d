import type { IgnoreRule } from '../model/exception.ts';
import { readOwnRules } from './ignore-file.ts';
import { isWhitelist, readWhitelist } from './whitelist.ts';
import { readYaml } from './yaml-text.ts';

/** The rules of a file on what is not counted: one of ours, or a whitelist of clair-scanner or Klar. An empty file has none. */
export function readIgnoreFile(name: string, text: string): IgnoreRule[] {
  // Their parsers took a key twice, and their documentation has an example of it.
  const loose = readYaml(name, text, { isStrict: false });
  if (loose.value === null) return [];
  return isWhitelist(loose.value)
    ? readWhitelist(loose)
    : readOwnRules(readYaml(name, text, { isStrict: true }));
}
