import * as z from 'zod/mini';
import { messageOf } from '../../../core/errors.ts';
import { bufferView } from '../../../kit/bytes/bytes.ts';
import { parseBySchema, parseJson } from '../../../kit/json/json-document.ts';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import { licenseOf } from '../../../model/spdx-license.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { isWord } from '../../package/listing.ts';

const recordPath = /(?:^|\/)conda-meta\/[^/]+\.json$/;

const recordSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.catch(z.optional(z.string()), undefined),
});

/**
 * Lists the packages of conda by the records that it writes into each environment, wherever that is. No advisories name these packages:
 * their Python distributions are listed as such besides.
 */
export const condaLister: PackageLister = {
  name: 'conda',
  version: 1,
  wants: ['**/conda-meta/*.json'],
  ecosystem: { name: 'conda', versionScheme: 'pep440' },
  *list(files: Files) {
    for (const [path, content] of files) if (recordPath.test(path)) yield listRecord(path, content);
  },
};

function listRecord(path: string, content: Uint8Array): ListerEvent {
  const refuse = (fault: string): Error => new Error(fault);
  let record: z.output<typeof recordSchema>;
  try {
    record = parseBySchema(recordSchema, parseJson(bufferView(content), refuse), ({ fault }) =>
      refuse(fault),
    );
  } catch (error) {
    return { kind: 'problem', path, problem: messageOf(error) };
  }
  const { name, version, license = '' } = record;
  const unusable = [name, version].find((text) => !isWord(text));
  if (unusable !== undefined)
    return {
      kind: 'problem',
      path,
      problem: `has an impossible name or version: ${quoteUntrusted(unusable)}`,
    };
  const declared = licenseOf(license);
  return {
    kind: 'package',
    path,
    package: {
      type: 'conda',
      name,
      version,
      evidence: 'installed',
      ...(declared !== undefined && { licenses: [declared] }),
    },
  };
}
