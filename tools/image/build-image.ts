import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fetchInputs, type ImageInput, type ImageInputs } from './inputs.ts';
import { imageMediaTypes, type OciDescriptor, OciWriter, type WrittenLayer } from './oci-writer.ts';
import { type ImagePlatform, platforms } from './platforms.ts';
import { clairLayer, type ImageManifest, nodeLayer, readManifest } from './program-layers.ts';
import { provenanceOf } from './provenance.ts';
import { imageUser } from './root-files.ts';
import { output } from './run-tool.ts';
import { systemLayer } from './system-layer.ts';

const vexFile = join(import.meta.dirname, 'openvex.json');

/** The commit that an image is built from. */
interface Revision {
  /** Undefined for a checkout with changes. */
  readonly commit: string | undefined;
  /** Time of the commit, ISO 8601. */
  readonly created: string;
}

interface PlatformImage {
  readonly platform: ImagePlatform;
  readonly manifest: OciDescriptor;
  readonly inputs: readonly ImageInput[];
  readonly compressedBytes: number;
}

/** Platforms of an image, and its pinned inputs. */
export interface ImageBuild {
  readonly wanted: readonly ImagePlatform[];
  readonly pinned: ImageInputs;
  /** Keeps the packages. Those that are not there are fetched. */
  readonly inputsDirectory: string;
}

/**
 * Writes the image of these platforms into a directory, from the bundle of this checkout. Returns lines for the user: digests and sizes.
 */
export function buildImageLayout(directory: string, { wanted, ...from }: ImageBuild): string[] {
  const writer = new OciWriter(directory);
  const program = writer.addLayer(clairLayer().toTar());
  const about = { manifest: readManifest(), revision: readRevision() };
  const images = wanted.map((platform) => platformImage(writer, { ...about, platform, program, ...from }));
  const index = writer.addJson(
    { schemaVersion: 2, mediaType: imageMediaTypes.index, manifests: images.map(({ manifest }) => manifest) },
    imageMediaTypes.index,
  );
  const { version } = about.manifest;
  const named = { ...index, annotations: { 'org.opencontainers.image.ref.name': version } };
  writer.writeIndex([named]);
  writer.writeIndex([
    named,
    ...images.flatMap((image) => attachments(writer, { directory, image, ...about })),
  ]);
  return [
    `${version} ${index.digest}`,
    ...images.map(({ platform, manifest, compressedBytes }) => {
      const megabytes = (compressedBytes / 1e6).toFixed(1);
      return `${platform} ${manifest.digest} ${megabytes} MB compressed`;
    }),
  ];
}

interface ImageFacts {
  readonly manifest: ImageManifest;
  readonly revision: Revision;
}

interface PlatformPlan extends ImageFacts {
  readonly platform: ImagePlatform;
  readonly program: WrittenLayer;
  readonly pinned: ImageInputs;
  readonly inputsDirectory: string;
}

function platformImage(writer: OciWriter, plan: PlatformPlan): PlatformImage {
  const { platform, program, pinned, inputsDirectory } = plan;
  const { node, debian } = fetchInputs(pinned, platform, inputsDirectory);
  const layers = [
    writer.addLayer(systemLayer(debian).toTar()),
    writer.addLayer(nodeLayer(node).toTar()),
    program,
  ];
  const descriptors = layers.map(({ descriptor }) => descriptor);
  const config = writer.addJson(configOf(plan, layers), imageMediaTypes.config);
  const manifest = writer.addJson(
    {
      schemaVersion: 2,
      mediaType: imageMediaTypes.manifest,
      config,
      layers: descriptors,
      annotations: labelsOf(plan),
    },
    imageMediaTypes.manifest,
  );
  const { architecture } = platforms[platform];
  return {
    platform,
    manifest: { ...manifest, platform: { os: 'linux', architecture } },
    inputs: [node, ...debian],
    compressedBytes: descriptors.reduce((sum, { size }) => sum + size, 0),
  };
}

function configOf(plan: PlatformPlan, layers: readonly WrittenLayer[]): object {
  const { revision, platform, pinned } = plan;
  const steps = [`packages of Debian ${pinned.release}`, `Node ${pinned.node}`, 'Clair'];
  return {
    created: revision.created,
    architecture: platforms[platform].architecture,
    os: 'linux',
    config: {
      User: `${imageUser}:${imageUser}`,
      ExposedPorts: { '6060/tcp': {}, '6061/tcp': {} },
      Env: [
        'PATH=/usr/bin',
        'HOME=/var/cache/clair',
        'XDG_CACHE_HOME=/var/cache',
        'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
      ],
      Entrypoint: ['/usr/bin/node', '/usr/lib/clair/dist/bin/clair.js'],
      Cmd: ['serve'],
      WorkingDir: '/',
      StopSignal: 'SIGTERM',
      Labels: labelsOf(plan),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: steps.map((step) => ({ created: revision.created, created_by: step })),
  };
}

function labelsOf({ manifest, revision }: ImageFacts): Record<string, string> {
  const name = 'org.opencontainers.image';
  return {
    [`${name}.title`]: 'Clair in TypeScript',
    [`${name}.description`]: manifest.description,
    [`${name}.version`]: manifest.version,
    [`${name}.licenses`]: manifest.license,
    [`${name}.created`]: revision.created,
    ...(revision.commit !== undefined && { [`${name}.revision`]: revision.commit }),
  };
}

interface AttachmentPlan extends ImageFacts {
  readonly directory: string;
  readonly image: PlatformImage;
}

/** Attaches SBOMs, VEX and provenance to the image of one platform. */
function attachments(
  writer: OciWriter,
  { directory, image, manifest, revision }: AttachmentPlan,
): OciDescriptor[] {
  const { platform, manifest: subject, inputs } = image;
  const sbom = (format: string): Buffer => sbomOf({ directory, name: manifest.name, platform, format });
  const facts = { name: manifest.name, digest: subject.digest, platform, version: manifest.version, inputs };
  return [
    { mediaType: 'application/vnd.cyclonedx+json', content: sbom('cyclonedx') },
    { mediaType: 'application/spdx+json', content: sbom('spdx') },
    { mediaType: 'application/vnd.openvex+json', content: readFileSync(vexFile) },
    provenanceOf({ ...facts, revision: revision.commit }),
  ].map((document) => writer.attach(subject, document));
}

interface SbomPlan {
  readonly directory: string;
  readonly name: string;
  readonly platform: ImagePlatform;
  readonly format: string;
}

/** Returns the SBOM of the image. It names the image by a link, because a document with the directory of the build would differ. */
function sbomOf({ directory, name, platform, format }: SbomPlan): Buffer {
  const place = mkdtempSync(join(tmpdir(), 'clair-sbom-'));
  symlinkSync(resolve(directory), join(place, name));
  const command = [resolve('dist/bin/clair.js'), 'sbom', `oci:${name}`];
  try {
    return output(
      process.execPath,
      [...command, '--platform', platform, '--format', format, '--db', ':memory:'],
      place,
    );
  } finally {
    rmSync(place, { recursive: true });
  }
}

function readRevision(): Revision {
  const git = (...args: string[]): string => output('git', args).toString().trim();
  const seconds = Number(git('log', '-1', '--format=%ct'));
  return {
    commit: git('status', '--porcelain') === '' ? git('rev-parse', 'HEAD') : undefined,
    created: new Date(seconds * 1000).toISOString(),
  };
}
