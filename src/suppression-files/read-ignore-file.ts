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
 * Reads the rules of an ignore file, of clair, Trivy or Grype, or of a whitelist of clair-scanner or Klar. Detects the format from name
 * and content. An empty file has no rules. Throws `config-invalid` if the file is invalid.
 */
export function readIgnoreFile(
  name: string,
  text: string,
  onWarning: OnWarning = () => undefined,
): IgnoreRule[] {
  if (isTrivyIgnoreText(name, text)) return readTrivyIgnoreText(name, text);
  // The parsers of clair-scanner and Klar accept duplicate keys, and their documentation has an example.
  const lenient = readYaml(name, text, { isStrict: false });
  if (lenient.value === null) return [];
  if (isWhitelist(lenient.value)) return readWhitelist(lenient);
  const yaml = readYaml(name, text, { isStrict: true });
  if (isTrivyIgnoreYaml(yaml.value)) return readTrivyIgnoreYaml(yaml, onWarning);
  return isGrypeFile(name, yaml.value) ? readGrypeRules(yaml, onWarning) : readClairRules(yaml);
}
