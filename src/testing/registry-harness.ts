import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import type { Image } from '../image/image.ts';
import { readStreamedLayers } from '../image/layer/read-streamed-layers.ts';
import { WantedPaths } from '../image/layer/wanted-paths.ts';
import { openRegistryImage, type RegistryOptions } from '../image/registry/open-registry-image.ts';
import { type BuiltImage, buildImage } from './image-builder.ts';
import { type MemoryRegistry, memoryRegistry } from './memory-registry.ts';
import { tar } from './tar-writer.ts';

/** Returns incompressible bytes that are equal in every run. */
function noise(seed: string, size: number): Buffer {
  const pieces = Array.from({ length: size / 64 }, (_, i) =>
    createHash('sha512').update(`${seed}${i}`).digest(),
  );
  return Buffer.concat(pieces);
}

/** An image with a small and a large layer. */
export const registryImage: BuiltImage = buildImage({
  compression: 'gzip',
  tags: ['app:latest'],
  steps: [
    { tar: tar([{ path: 'etc/os-release', content: 'ID=debian' }]), createdBy: 'ADD rootfs' },
    { createdBy: 'CMD sh' },
    {
      tar: tar([
        { path: 'opt/noise', content: noise('a', 3 * 1024 * 1024) },
        { path: 'var/lib/dpkg/status', content: 'Package: x' },
      ]),
      createdBy: 'RUN make',
    },
  ],
});
/** Digest of the large layer. */
export const largeBlobDigest: string = registryImage.layers[1]?.digest ?? '';
/** Media type of the pushed manifests. */
export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
/** Media type of an index. */
export const indexType = 'application/vnd.oci.image.index.v1+json';

/** A registry with functions that open and read its image. */
export interface RegistryHarness {
  readonly registry: MemoryRegistry;
  /** Durations of the waits, in milliseconds. */
  readonly sleeps: number[];
  readonly open: (reference?: string, options?: Partial<RegistryOptions>) => Promise<Image>;
  /** Returns the wanted files of all layers. */
  readonly read: (reference?: string, options?: Partial<RegistryOptions>) => Promise<string[]>;
}

/** Starts a registry that has `registryImage`. */
export async function openRegistryHarness(context: TestContext): Promise<RegistryHarness> {
  const registry = await memoryRegistry(context);
  registry.push(registryImage);
  const sleeps: number[] = [];
  const open: RegistryHarness['open'] = async (reference = `${registry.host}/app`, options = {}) => {
    const sleep = async (ms: number): Promise<void> => {
      sleeps.push(ms);
    };
    const env = { HOME: '/nowhere', ...options.env };
    const target = `registry:${reference}`;
    return (await openRegistryImage({ target, reference }, { sleep, ...options, env })).image;
  };
  const read: RegistryHarness['read'] = async (reference, options) => {
    const { layers, streamLayers } = await open(reference, options);
    assert.ok(streamLayers);
    const wanted = new WantedPaths(['etc/os-release', 'var/lib/dpkg/status']);
    const take = ({ collected }: { collected: { files: ReadonlyMap<string, unknown> } }): string[] => [
      ...collected.files.keys(),
    ];
    return (await readStreamedLayers(layers, streamLayers, { wanted, verify: false, take })).flat();
  };
  return { registry, sleeps, open, read };
}

/** The wanted files of the image. */
export const wantedFiles: readonly string[] = ['etc/os-release', 'var/lib/dpkg/status'];

/** Returns whether a request is for the large blob. */
export function isLargeBlobRequest({ url }: IncomingMessage): boolean {
  return url?.endsWith(`/blobs/${largeBlobDigest}`) ?? false;
}

/** Returns a predicate for errors with this code and message. */
export function isErrorWith(code: string, message: RegExp): (error: Error) => boolean {
  return (error) => {
    assert.ok(
      'code' in error && error.code === code,
      `${String('code' in error && error.code)}: ${error.message}`,
    );
    assert.match(error.message, message);
    return true;
  };
}
