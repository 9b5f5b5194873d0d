import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { buildImage, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { temporaryDirectory, temporarySchema } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { alpineMirror } from './alpine-mirror.ts';
import { scratch } from './clair.ts';
import type { DebianRegistry } from './debian-registry.ts';
import type { ServeProcess } from './serve-process.ts';

/** A mirror of Alpine's advisories: CVE-2026-1 affects the busybox of `pushImage`. */
export const mirror: string = alpineMirror('fleet-mirror', { '1.36.1-r0': ['CVE-2026-1'] });

const base = tar([
  { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' },
  { path: 'lib/apk/db/installed', content: 'C:Q1\nP:busybox\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n' },
]);

/** Pushes an image of a common base and a layer of its own, as a tag of `shop` or of another repository. */
export async function pushImage(
  registry: Pick<DebianRegistry, 'port' | 'push'>,
  tag: string,
  repository = 'shop',
  content = tag,
): Promise<void> {
  const layout = join(scratch, `fleet ${registry.port} ${repository.replaceAll('/', ' ')} ${tag} ${content}`);
  const own = tar([{ path: 'tag', content }]);
  const built = buildImage({ compression: 'gzip', steps: [{ tar: base }, { tar: own }] });
  await writeFiles(layout, ociFiles([built]));
  registry.push(layout, `${repository}:${tag}`);
}

/** Settings for a database of each engine. */
export const engines = [
  ['sqlite', (t: TestContext) => ({ CLAIR_DATABASE_OPTIONS_PATH: join(temporaryDirectory(t), 'clair.db') })],
  [
    'postgresql',
    async (t: TestContext) => ({
      CLAIR_DATABASE_TYPE: 'pgsql',
      CLAIR_DATABASE_OPTIONS_SOURCE: await temporarySchema(t),
    }),
  ],
] as const;

/** A job as the API returns it. */
export interface JobState {
  readonly id: string;
  readonly state: string;
  readonly step: string | null;
  readonly error: string | null;
  readonly digest: string | null;
  readonly report?: string;
}

/** A client of the routes below `/api/v1`. */
export function fleetClient({ ports }: Pick<ServeProcess, 'ports'>) {
  const url = (path: string): string => `http://127.0.0.1:${ports.api}${path}`;
  const post = async (path: string, body?: unknown): Promise<Response> =>
    await fetch(url(path), { method: 'POST', ...(body !== undefined && { body: JSON.stringify(body) }) });
  const get = async (path: string, accept = '*/*'): Promise<Response> =>
    await fetch(url(path), { headers: { accept } });
  const job = async (id: string): Promise<JobState> =>
    (await (await get(`/api/v1/jobs/${id}`)).json()) as JobState;
  const scan = async (reference: string): Promise<JobState> => {
    const response = await post('/api/v1/images', { reference });
    const posted = (await response.json()) as JobState;
    assert.equal(response.status, 202, JSON.stringify(posted));
    assert.equal(response.headers.get('location'), `/api/v1/jobs/${posted.id}`);
    return posted;
  };
  const ended = async (id: string): Promise<JobState> => {
    for (let state = await job(id); ; state = await job(id)) {
      if (state.state === 'done' || state.state === 'failed') return state;
      await setTimeout(100);
    }
  };
  return { post, get, scan, ended };
}

/** Settings of a server that may scan images of a registry on this port. */
export function fleetSettings(port: number): Record<string, string> {
  return {
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_MIRROR: mirror,
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.19/main,v3.19/community',
    CLAIR_IMAGES_REGISTRIES: `127.0.0.1:${port}`,
  };
}

/** Waits until a server is ready. */
export async function isLoaded({ ports }: ServeProcess): Promise<void> {
  while ((await fetch(`http://127.0.0.1:${ports.health}/ready`)).status !== 200) await setTimeout(100);
}
