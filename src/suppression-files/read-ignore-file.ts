import type { IgnoreRule } from '../model/suppression.ts';
import { readClairRules } from './clair-rules.ts';
import type { OnWarning } from './foreign-file.ts';
import { isGrypeFile, readGrypeRules } from './grype-rules.ts';
import {
  isTrivyIgnoreText,
  isTrivyIgnoreYaml,
  readTrivyIgnoreText,
  readTrivyIgnoreYaml,
} from './trivy-rules.ts';
import { isWhitelist, readWhitelist } from './whitelist.ts';
import { readYaml } from './yaml-file.ts';

/**
 * The rules of a file on what is not counted: one of ours, of Trivy or Grype, or a whitelist of clair-scanner or Klar. An empty file has
 * none.
 */
export function readIgnoreFile(
  name: string,
  text: string,
  onWarning: OnWarning = () => undefined,
): IgnoreRule[] {
  if (isTrivyIgnoreText(name, text)) return readTrivyIgnoreText(name, text);
  // The parsers of clair-scanner and Klar took a key twice, and their documentation has an example of it.
  const lenient = readYaml(name, text, { isStrict: false });
  if (lenient.value === null) return [];
  if (isWhitelist(lenient.value)) return readWhitelist(lenient);
  const yaml = readYaml(name, text, { isStrict: true });
  if (isTrivyIgnoreYaml(yaml.value)) return readTrivyIgnoreYaml(yaml, onWarning);
  return isGrypeFile(name, yaml.value) ? readGrypeRules(yaml, onWarning) : readClairRules(yaml);
}
