import type { IgnoreRule } from '../model/exception.ts';
import type { Note } from './foreign-file.ts';
import { isGrypeFile, readGrypeRules } from './grype-rules.ts';
import { readOwnRules } from './ignore-file.ts';
import { isTrivyFile, isTrivyList, readTrivyFile, readTrivyList } from './trivy-rules.ts';
import { isWhitelist, readWhitelist } from './whitelist.ts';
import { readYaml } from './yaml-text.ts';

/**
 * The rules of a file on what is not counted: one of ours, of Trivy or Grype, or a whitelist of clair-scanner or Klar. An empty file has
 * none.
 */
export function readIgnoreFile(name: string, text: string, note: Note = () => undefined): IgnoreRule[] {
  if (isTrivyList(name, text)) return readTrivyList(name, text);
  // The parsers of clair-scanner and Klar took a key twice, and their documentation has an example of it.
  const loose = readYaml(name, text, { isStrict: false });
  if (loose.value === null) return [];
  if (isWhitelist(loose.value)) return readWhitelist(loose);
  const yaml = readYaml(name, text, { isStrict: true });
  if (isTrivyFile(yaml.value)) return readTrivyFile(yaml, note);
  return isGrypeFile(name, yaml.value) ? readGrypeRules(yaml, note) : readOwnRules(yaml);
}
