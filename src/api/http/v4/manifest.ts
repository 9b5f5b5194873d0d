import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { parseBySchema, parseJson } from '../../../kit/json/json-document.ts';
import { type Digest, parseDigest } from '../../../model/digest.ts';
import type { PostedManifest } from '../../../service/ingest/ingest-manifest.ts';
import { type ApiRequest, badRequest } from '../route.ts';

const nullish = z.nullish;

const layerSchema = z.object({
  hash: nullish(z.string()),
  uri: nullish(z.string()),
  headers: nullish(z.record(z.string(), nullish(z.array(z.string())))),
});
const manifestSchema = nullish(
  z.object({ hash: nullish(z.string()), layers: nullish(z.array(layerSchema)) }),
);
const digestsSchema = z.nullable(z.array(z.string()));

/** Reads a posted manifest. Throws `WireError` 400. */
export async function readPostedManifest(request: ApiRequest): Promise<PostedManifest> {
  const refuse = (fault: string) => badRequest(`failed to deserialize manifest: ${fault}`);
  const body = await request.body();
  const posted = parseBySchema(manifestSchema, parseJson(body, refuse), ({ fault }) => refuse(fault));
  const { hash, layers } = posted ?? {};
  const digests = [hash, ...(layers ?? []).map((layer) => layer.hash)].map((text) =>
    text == null ? undefined : digestOrThrow(text, refuse),
  );
  const [digest, ...ofLayers] = digests;
  if (digest === undefined || layers == null || layers.length === 0) throw badRequest('bogus manifest');
  if (layers.length > limits.layersPerImage) throw refuse(`it has more than ${limits.layersPerImage} layers`);
  return {
    digest,
    layers: layers.map(({ uri, headers }, position) => ({
      digest: ofLayers[position] ?? throwMissing(position),
      url: urlOf(uri ?? '', position),
      headers: Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, values]) => [name, (values ?? []).join(', ')]),
      ),
    })),
  };
}

/** Reads a posted list of digests. Throws `WireError` 400. */
export async function readDigests(request: ApiRequest): Promise<readonly Digest[]> {
  const refuse = (fault: string) => badRequest(`failed to deserialize bulk delete: ${fault}`);
  const texts = parseBySchema(digestsSchema, parseJson(await request.body(), refuse), ({ fault }) =>
    refuse(fault),
  );
  return (texts ?? []).map((text) => digestOrThrow(text, refuse));
}

/** Returns the digest in the path. Throws `WireError` 400. */
export function digestInPath({ params }: Pick<ApiRequest, 'params'>): Digest {
  return digestOrThrow(params['digest'] ?? '', (fault) => badRequest(`malformed path: ${fault}`));
}

/** Clair spells the last message wrong, and clients compare it. */
function digestOrThrow(text: string, refuse: (fault: string) => Error): Digest {
  const [algorithm = '', hex] = text.split(/:(.*)/s);
  if (hex === undefined) throw refuse('invalid digest format');
  const digest = parseDigest(`${algorithm}:${hex.toLowerCase()}`);
  if (digest !== undefined) return digest;
  const isKnown = algorithm === 'sha256' || algorithm === 'sha512';
  throw refuse(isKnown ? 'unable to decode digest as hex' : `unknown algorthm ${JSON.stringify(algorithm)}`);
}

function throwMissing(position: number): never {
  throw badRequest(`bogus manifest: layer ${position} has no hash`);
}

function urlOf(uri: string, position: number): string {
  const url = URL.parse(uri);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href;
  throw badRequest(`bogus manifest: the uri of layer ${position} is not that of a web server`);
}
