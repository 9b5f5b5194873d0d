import * as z from 'zod/mini';
import { limits } from '../../core/limits.ts';
import { digestText } from '../../model/digest-schema.ts';
import { type ImageIdentity, imageIdentity } from '../../model/image-identity.ts';
import type { ImageConfig } from '../format/documents.ts';
import { type Daemon, type DaemonTimeouts, getDocument } from './connection.ts';

/** Fields that are read of the Docker Engine API's "Inspect an image". */
const inspectDocument = z.object({
  Id: z.nullish(z.string()),
  RepoTags: z.nullish(z.array(z.string())),
  RepoDigests: z.nullish(z.array(z.string())),
  Os: z.optional(z.string()),
  Architecture: z.optional(z.string()),
  Created: z.nullish(z.string()),
  Variant: z.nullish(z.string()),
  Config: z.optional(z.unknown()),
  RootFS: z.nullish(z.object({ Layers: z.nullish(z.array(digestText)) })),
});

/** Docker Engine API, "Get the history of an image": the newest step first. */
const historyDocument = z.array(z.object({ CreatedBy: z.nullish(z.string()), Size: z.nullish(z.number()) }));

/** libpod API, "Inspect an image". podman includes the history of the configuration. */
const podmanInspectDocument = z.object({
  History: z.nullish(
    z.array(z.object({ created_by: z.nullish(z.string()), empty_layer: z.nullish(z.boolean()) })),
  ),
});

type History = NonNullable<ImageConfig['history']>;

/** An image as a daemon describes it. */
export interface InspectedImage {
  readonly config: ImageConfig;
  readonly identity: ImageIdentity;
}

/**
 * Requests an image's description from a daemon, as a configuration. Omits the history if the daemon does not report which step created
 * which layer. Throws `DaemonUnavailable` if the daemon does not have the image, and a `ClairError` if its response is invalid.
 */
export async function inspectImage(
  daemon: Daemon,
  reference: string,
  timeouts: DaemonTimeouts,
): Promise<InspectedImage> {
  const response = await getDocument(daemon, imagePath(reference, 'json'), inspectDocument, timeouts);
  const {
    Os: os,
    Architecture: architecture,
    Variant: variant,
    Created: created,
    Config: settings,
    RootFS: root,
  } = response.content;
  const layers = root?.Layers ?? [];
  const history =
    response.headers['libpod-api-version'] === undefined
      ? withEmptySteps(await dockerSteps(daemon, reference, timeouts), layers.length)
      : await podmanHistory(daemon, reference, timeouts);
  const config = {
    ...(os && { os }),
    ...(architecture && { architecture }),
    ...(variant && { variant }),
    ...(created && { created }),
    ...(settings !== undefined && { config: settings }),
    rootfs: { diff_ids: layers },
    ...(history && { history }),
  };
  return { config, identity: identityOf(response.content) };
}

function identityOf({ Id, RepoTags, RepoDigests }: z.infer<typeof inspectDocument>): ImageIdentity {
  const claims = {
    names: RepoTags ?? [],
    digest: Id?.replace(/^(?=[0-9a-f]{64}$)/, 'sha256:'),
    repoDigests: RepoDigests ?? [],
  };
  return imageIdentity(claims, limits);
}

/** Returns the API path of an image. References have no characters that need escapes in a path. */
export function imagePath(reference: string, what: string): string {
  return `/images/${reference}/${what}`;
}

async function podmanHistory(daemon: Daemon, reference: string, timeouts: DaemonTimeouts): Promise<History> {
  const path = `/v4.0.0/libpod${imagePath(reference, 'json')}`;
  const { content } = await getDocument(daemon, path, podmanInspectDocument, timeouts);
  return content.History ?? [];
}

interface HistoryStep {
  readonly created_by: string | null | undefined;
  readonly sizeBytes: number;
}

async function dockerSteps(
  daemon: Daemon,
  reference: string,
  timeouts: DaemonTimeouts,
): Promise<HistoryStep[]> {
  const { content } = await getDocument(daemon, imagePath(reference, 'history'), historyDocument, timeouts);
  return content.toReversed().map(({ CreatedBy, Size }) => ({ created_by: CreatedBy, sizeBytes: Size ?? 0 }));
}

/** Instructions that never create a layer, as Docker's builders write them into the history. */
const layerless =
  /^(?:\/bin\/sh -c #\(nop\) +)?(?:ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME)\b/;

/**
 * Marks the steps that created no layer, since Docker does not report them. A layer of directories alone has size 0, so several criteria
 * are tried. Returns undefined if none of them leaves one step for each layer.
 */
function withEmptySteps(steps: readonly HistoryStep[], layers: number): History | undefined {
  // A truncated history, or its configuration, gives no reliable information about any layer.
  if (steps.length < layers) return [];
  const readings: ((step: HistoryStep) => boolean)[] = [
    () => true,
    ({ sizeBytes }) => sizeBytes > 0,
    ({ sizeBytes, created_by }) => sizeBytes > 0 || !layerless.test(created_by ?? ''),
  ];
  const madeLayer = readings.find((reading) => steps.filter(reading).length === layers);
  if (madeLayer === undefined) return undefined;
  return steps.map((step) => ({ created_by: step.created_by, empty_layer: !madeLayer(step) }));
}
