import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { type Digest, digestHex } from '../model/digest.ts';
import { serveSocket } from './http-server.ts';
import { type BuiltImage, blobPath, dockerFiles, ociFiles, sha256 } from './image-builder.ts';
import { type TarEntryPlan, tar } from './tar-writer.ts';

/** Responds to the requests of one path. */
export type DaemonHandler = (response: ServerResponse, request: IncomingMessage) => void;

/** Handlers of a daemon with one image, by path. */
export type DaemonRoutes = Record<string, DaemonHandler>;

/** A test daemon. */
export interface TestDaemon {
  readonly socket: string;
  /** For `DOCKER_HOST` and `CONTAINER_HOST`. */
  readonly host: string;
  /** Paths of the received requests. */
  readonly requestedPaths: readonly string[];
}

/** Starts a daemon that lasts until the end of the test. Responds to unknown paths with 404, as Docker does. */
export async function startDaemon(context: TestContext, routes: DaemonRoutes): Promise<TestDaemon> {
  const requestedPaths: string[] = [];
  const socket = await serveSocket(context, (request, response) => {
    const path = request.url ?? '';
    requestedPaths.push(path);
    (routes[path] ?? errorResponse(404, 'No such image'))(response, request);
  });
  return { socket, host: `unix://${socket}`, requestedPaths };
}

/** Returns an environment in which daemons are searched at these hosts only, not on this machine. */
export function daemonEnvironment({
  docker,
  podman,
}: {
  readonly docker?: string;
  readonly podman?: string;
}): {
  readonly env: Record<string, string>;
  readonly home: string;
} {
  const env = {
    DOCKER_HOST: docker ?? 'unix:///nowhere/docker.sock',
    CONTAINER_HOST: podman ?? 'unix:///nowhere/podman.sock',
  };
  return { env, home: '/nowhere' };
}

/** Starts a Docker daemon that has one image as `example:1`, with these differences from the default. */
export async function startDocker(
  context: TestContext,
  image: BuiltImage,
  { archive = exportForms.podman(image), sizes, overrides = {} }: DockerOptions = {},
): Promise<TestDaemon> {
  const usual = dockerRoutes('example:1', image, { archive, ...(sizes && { sizes }) });
  return await startDaemon(context, { ...usual, ...overrides });
}

/** Differences of a test daemon from the default. */
export interface DockerOptions {
  /** The export of the image. */
  readonly archive?: Uint8Array;
  readonly sizes?: readonly number[];
  readonly overrides?: DaemonRoutes;
}

/** Returns a handler that responds with JSON. */
export function jsonResponse(value: unknown, headers: Record<string, string> = {}): DaemonHandler {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
}

/** Returns a handler that responds with bytes. */
export function bytesResponse(content: Uint8Array): DaemonHandler {
  return (response) => {
    response.end(content);
  };
}

/** Returns a handler that responds with an error of the daemon. */
export function errorResponse(status: number, message: string): DaemonHandler {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message }));
  };
}

/** The configuration of an image. */
interface Config {
  readonly os: string;
  readonly architecture: string;
  readonly rootfs: { readonly diff_ids: readonly Digest[] };
  readonly history?: readonly { readonly created_by?: string; readonly empty_layer?: boolean }[];
}

/**
 * Returns the responses of Docker about an image. Docker Engine API 1.47, "Inspect an image" and "Get the history of an image".
 * `sizes` are those of the steps that made a layer, as Docker counts them (without directories); default 1 each.
 */
export function dockerRoutes(
  name: string,
  image: BuiltImage,
  { archive, sizes = [] }: { readonly archive: Uint8Array; readonly sizes?: readonly number[] },
): DaemonRoutes {
  const { os, architecture, rootfs, history = [] } = configOf(image);
  const left = [...sizes];
  const steps = history.map(({ created_by, empty_layer }) => ({
    Id: '<missing>',
    CreatedBy: created_by ?? '',
    Size: empty_layer === true ? 0 : (left.shift() ?? 1),
  }));
  return {
    [`/images/${name}/json`]: jsonResponse({
      Id: image.config.digest,
      RepoTags: image.tags,
      RepoDigests: repoDigestsOf(image),
      Os: os,
      Architecture: architecture,
      Variant: '',
      RootFS: { Type: 'layers', Layers: rootfs.diff_ids },
    }),
    [`/images/${name}/history`]: jsonResponse(steps.toReversed()),
    [`/images/${name}/get`]: bytesResponse(archive),
  };
}

function repoDigestsOf({ tags, manifest }: BuiltImage): string[] {
  return tags.map((tag) => `${tag.replace(/:[^/]*$/, '')}@${manifest.digest}`);
}

/** Returns the responses of podman: those of Docker, and in its own API the history as in the image. */
export function podmanRoutes(name: string, image: BuiltImage, archive: Uint8Array): DaemonRoutes {
  const { os, architecture, rootfs, history } = configOf(image);
  const inspected = {
    Id: digestHex(image.config.digest),
    RepoTags: image.tags,
    RepoDigests: repoDigestsOf(image),
    Os: os,
    Architecture: architecture,
    RootFS: { Type: 'layers', Layers: rootfs.diff_ids },
  };
  return {
    [`/images/${name}/json`]: jsonResponse(inspected, { 'libpod-api-version': '5.4.2' }),
    [`/v4.0.0/libpod/images/${name}/json`]: jsonResponse({ ...inspected, History: history ?? null }),
    [`/images/${name}/get`]: bytesResponse(archive),
  };
}

/** The forms in which daemons export an image. */
export const exportForms = {
  /** Docker before version 25: directories by legacy ids, in the order of their names; manifest.json last. */
  'an old Docker': (image: BuiltImage) => tar(byName(dockerFiles([image]))),
  /** Docker since version 25: blobs by their diffIDs, because layers are exported uncompressed. */
  'a new Docker': (image: BuiltImage) => tar(blobFiles(image)),
  /** Docker with containerd's image store: blobs as they were pulled. */
  'a Docker with containerd': (image: BuiltImage) => tar(blobFiles(image)),
  /** Layers by their diffIDs, and links for readers of the legacy form. */
  podman: (image: BuiltImage) => tar(podmanFiles(image)),
} as const;

function byName(files: readonly TarEntryPlan[]): TarEntryPlan[] {
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Returns an OCI layout with a `manifest.json` and the attestation that BuildKit makes. */
function blobFiles(image: BuiltImage): TarEntryPlan[] {
  const statement = JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', subject: [] });
  const manifest = [
    {
      Config: blobPath(image.config.digest),
      RepoTags: image.tags,
      Layers: image.layers.map(({ digest }) => blobPath(digest)),
    },
  ];
  return byName([
    ...ociFiles([image]),
    { path: blobPath(sha256(statement)), content: statement },
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ]);
}

function podmanFiles(image: BuiltImage): TarEntryPlan[] {
  const layers = new Map(image.layers.map(({ diffId, bytes: content }) => [diffId, content]));
  const names = image.layers.map(({ diffId }) => `${digestHex(diffId)}.tar`);
  const config = `${digestHex(image.config.digest)}.json`;
  return [
    ...[...layers].map(([diffId, content]) => ({ path: `${digestHex(diffId)}.tar`, content })),
    { path: config, content: image.config.bytes },
    ...names.map((name, i) => ({ path: `${'0'.repeat(63)}${i}/layer.tar`, target: `../${name}` })),
    {
      path: 'manifest.json',
      content: JSON.stringify([{ Config: config, RepoTags: image.tags, Layers: names }]),
    },
  ];
}

function configOf({ config }: BuiltImage): Config {
  return JSON.parse(Buffer.from(config.bytes).toString()) as Config;
}
