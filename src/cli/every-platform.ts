import { ClairError } from '../core/errors.ts';
import type { ListedManifest } from '../image/format/choose-manifest.ts';
import { listImageManifests, openImage } from '../image/open-image.ts';
import { type Digest, shortHex } from '../model/digest.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import type { Destination } from './output.ts';
import { isSbomTarget } from './sbom-target.ts';
import { isStandardInput } from './standard-input.ts';

/** The value of `--platform` that selects every platform of an image. */
export const everyPlatform = 'all';

/** Placeholder for the platform in the name of an output file. */
const placeholder = '{platform}';

/** Options of a command that writes a report. */
interface ReportOptions {
  readonly platform?: string;
  readonly offline?: boolean;
  readonly destinations: readonly Destination<ReportFormat>[];
}

/** The image of an index to scan, and the destinations of its report. */
interface PlatformOptions {
  readonly platform?: string;
  readonly manifest?: Digest;
  readonly destinations: readonly Destination<ReportFormat>[];
}

/**
 * Runs `scan` for each image of an index, in the order of the index. Returns the worst exit status: 1, then 4, then the largest. Scans a single
 * image once. Throws `usage` if reports would overwrite each other.
 */
export async function scanEveryPlatform(
  target: string,
  options: ReportOptions,
  scan: (platformOptions: PlatformOptions) => Promise<number>,
): Promise<number> {
  requirePlaceholder(options);
  const statuses: number[] = [];
  const listed = await manifestsOf(target, options);
  for (const { digest, platform } of listed) {
    const isUnique = listed.filter((other) => other.platform === platform).length === 1;
    const name = [platform ?? 'unknown', ...(isUnique || digest === undefined ? [] : [shortHex(digest)])]
      .join('-')
      .replaceAll('/', '-');
    const platformOptions = {
      ...(platform !== null && { platform }),
      ...(digest !== undefined && { manifest: digest }),
      destinations: options.destinations.map((one) => fillPlaceholder(one, name)),
    };
    statuses.push(await scan(platformOptions));
  }
  return [1, 4].find((status) => statuses.includes(status)) ?? Math.max(0, ...statuses);
}

/** Replaces the placeholder in the file name of a destination. */
function fillPlaceholder(
  { format, output }: Destination<ReportFormat>,
  name: string,
): Destination<ReportFormat> {
  return { format, ...(output !== undefined && { output: output.replaceAll(placeholder, name) }) };
}

/** Requires a file per platform, except for tables, which may follow each other on standard output. */
function requirePlaceholder({ destinations }: ReportOptions): void {
  const isClear = ({ format, output }: Destination<ReportFormat>): boolean =>
    output === undefined ? format.name === 'table' : output.includes(placeholder);
  if (destinations.every(isClear)) return;
  throw new ClairError(
    'usage',
    `--platform all writes a report for each platform: put ${placeholder} into the name of --output, as in report-${placeholder}.json`,
  );
}

/** `digest` is undefined for an SBOM, and for an image without an index. */
type PlatformManifest = Omit<ListedManifest, 'digest'> & { readonly digest: Digest | undefined };

async function manifestsOf(
  target: string,
  { offline = false, destinations }: ReportOptions,
): Promise<readonly PlatformManifest[]> {
  const one: PlatformManifest = { digest: undefined, platform: null };
  if (isStandardInput(target))
    throw new ClairError('usage', '--platform all reads an image several times: name a file or a registry');
  if (isSbomTarget(target)) return [one];
  const listed = await listImageManifests(target, { offline });
  if (listed?.length === 0)
    throw new ClairError('target-not-found', `${target} holds no image: its index is empty`);
  if (listed !== undefined) return listed;
  // The scan opens the image again, which can mean a pass over an archive. Only a file name needs the platform before.
  if (!destinations.some(({ output }) => output?.includes(placeholder) === true)) return [one];
  const single = await openImage(target, { offline });
  return [{ ...one, platform: single.target.platform }];
}
