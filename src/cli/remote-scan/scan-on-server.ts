import { setTimeout } from 'node:timers/promises';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { statsOf } from '../../image/container/local-file.ts';
import { parseReference, referenceText } from '../../image/registry/reference.ts';
import { applyNetworkEnv } from '../../kit/http/http-environment.ts';
import { readFullReport } from '../../report/read-full-report.ts';
import type { AssessedReport } from '../../service/findings/match-image.ts';
import type { AssessmentOptions } from '../assess.ts';
import { everyPlatform } from '../every-platform.ts';
import { type Progress, terminalProgress } from '../progress.ts';
import { type RemoteJob, ServerClient } from './server-client.ts';
import { type RemoteServerOptions, serverToken } from './server-token.ts';

/** Options of a scan on a server. */
export interface RemoteScanOptions extends AssessmentOptions, RemoteServerOptions {}

/** Shortest and longest pause before the next request for the state of a scan, in milliseconds. */
const [minPauseMs, maxPauseMs] = [100, 2000];

/** Time without an answer after which the scan is given up, in milliseconds. A server that restarts is away for less. */
const silenceMs = 60_000;

/**
 * Lets a server scan an image of a registry, and returns its report under the name that the user wrote. Throws `usage` for targets and
 * options that only this machine has, `server-…` errors, and `target-unreadable` if the scan failed.
 */
export async function scanOnServer(target: string, options: RemoteScanOptions): Promise<AssessedReport> {
  const reference = referenceText(parseReference(requireRegistryTarget(target)));
  refuseLocalOptions(options);
  applyNetworkEnv();
  const client = new ServerClient({ url: options.server, token: await serverToken(options) });
  const { platform, asOf, progress = terminalProgress(options) } = options;
  try {
    progress.show(`asking ${client.name} to scan ${reference}`);
    const added = await client.addScan({ reference, ...(platform !== undefined && { platform }) });
    const digest = await followJob(added, { client, progress });
    progress.show(`fetching the report from ${client.name}`);
    const { bytes, isAssessed } = await client.fetchReport(digest, { name: reference, platform, asOf });
    const report = readFullReport(`the report of ${client.name}`, bytes);
    return {
      report: { ...report, target: { ...report.target, reference: target } },
      isAssessed,
      outdated: [],
    };
  } finally {
    progress.clear();
  }
}

/** Options that concern the database or the reading of layers on this machine. */
const localOptions = {
  db: '--db',
  mirror: '--mirror',
  offline: '--offline',
  from: '--from',
  root: '--root',
  digest: '--digest',
  verify: '--verify',
  partial: '--partial',
  exclude: '--exclude',
  includeDeclared: '--include-declared',
  distro: '--distro',
} as const satisfies Partial<Record<keyof RemoteScanOptions, string>>;

function refuseLocalOptions(options: RemoteScanOptions): void {
  const names = Object.entries(localOptions).filter(([key]) => options[key as keyof typeof localOptions]);
  if (names.length > 0)
    throw new ClairError(
      'usage',
      `${names.map(([, name]) => name).join(' and ')} cannot be used with --server: the server reads the image, with its own database and settings`,
    );
  if (options.platform === everyPlatform)
    throw new ClairError('usage', '--platform all cannot be used with --server: name one platform');
}

interface FollowDeps {
  readonly client: ServerClient;
  readonly progress: Progress;
}

/** Waits for the end of a scan. Returns the digest of its image. Throws `target-unreadable` if it failed. */
async function followJob(added: RemoteJob, { client, progress }: FollowDeps): Promise<string> {
  let answeredAt = performance.now();
  let pauseMs = minPauseMs;
  for (let job = added; ; ) {
    if (job.state === 'done' && job.digest !== null) return job.digest;
    if (job.state === 'failed') throw failureOf(job, client);
    progress.show(`${client.name}: ${stateOf(job)}`);
    await setTimeout(pauseMs);
    pauseMs = Math.min(pauseMs * 1.5, maxPauseMs);
    try {
      job = await client.findJob(job.id);
      answeredAt = performance.now();
    } catch (error) {
      if (!isPassing(error) || performance.now() - answeredAt > silenceMs) throw error;
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof ClairError && error.code === 'server-unavailable';
}

function stateOf({ state, step, attempt, error }: RemoteJob): string {
  const again =
    attempt > 0 && state === 'waiting' ? `, after attempt ${attempt} of ${limits.scanAttempts}` : '';
  const why = error === null ? '' : ` (${error})`;
  return state === 'running' && step !== null ? step : `${state}${again}${why}`;
}

function failureOf({ id, step, error }: RemoteJob, { name }: ServerClient): ClairError {
  const place = step === null ? '' : ` at the step “${step}”`;
  return new ClairError(
    'target-unreadable',
    `the scan on ${name} failed${place}: ${error ?? 'no reason is known'}; POST ${name}/api/v1/jobs/${id}/retry runs it again`,
  );
}

/** Prefixes of targets that only this machine has. */
const local = /^(?:docker-archive|oci|oci-archive|rootfs-tar|dir|aci|docker|podman|containerd|sbom):|^-$/;

/** Returns the reference of an image of a registry. Throws `usage` for any other target, which a server cannot read. */
function requireRegistryTarget(target: string): string {
  if (target.startsWith('registry:')) return target.slice('registry:'.length);
  if (!local.test(target) && statsOf(target) === undefined) return target;
  throw new ClairError(
    'usage',
    `${target} is on this machine, and the server reads images of registries only: push the image and name it in its registry, or leave out --server`,
  );
}
