import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import type { RegistryAccess } from '../../../image/registry/endpoint.ts';
import { parseReference } from '../../../image/registry/reference.ts';
import { parseDigest } from '../../../model/digest.ts';
import { badRequest, WireError } from '../route.ts';
import type { HarborSubject } from './document-head.ts';
import { type HarborScanKind, kindOf, manifestTypes, reportTypeNamed } from './media-types.ts';
import { sbomTypeNamed } from './sbom-report.ts';

/** A valid request of a scan. */
export interface HarborScanRequest {
  readonly subject: HarborSubject;
  readonly access: RegistryAccess;
  /** `host[:port]`, as in references. */
  readonly registry: string;
  /** `host[:port]/repository@digest`. */
  readonly reference: string;
}

/** A field that is absent or null counts as empty, as in Go. */
function orEmpty<T>(schema: z.ZodMiniType<T>, empty: T): z.ZodMiniType<T> {
  return z.pipe(
    z.nullish(schema),
    z.transform((value) => value ?? empty),
  );
}

const isText = 'must be a text';
const isList = 'must be a list';
const isObject = 'must be an object';

const text = orEmpty(z.string(isText), '');
const texts = orEmpty(z.array(z.string(isText), isList), []);
const parameters = z.object({ sbom_media_types: texts }, isObject);
const capability = z.object(
  {
    type: text,
    produces_mime_types: texts,
    parameters: orEmpty(parameters, { sbom_media_types: [] }),
  },
  isObject,
);
const registry = z.object({ url: text, authorization: text }, isObject);
const artifact = z.object({ repository: text, digest: text, mime_type: text }, isObject);
const body = z.object(
  {
    registry: orEmpty(registry, { url: '', authorization: '' }),
    artifact: orEmpty(artifact, { repository: '', digest: '', mime_type: '' }),
    enabled_capabilities: orEmpty(z.array(capability, isList), []),
  },
  isObject,
);

type Body = z.output<typeof body>;

/** Parses the body of `POST /scan`. Throws `WireError` 400 for JSON of a wrong form, and 422 for a field with a wrong value. */
export function parseScanRequest(bytes: Buffer): HarborScanRequest {
  const fields = parsedBody(bytes);
  const origin = originIn(fields.registry.url);
  const subject = subjectIn(fields);
  const access = { origin, ...authorizationIn(fields.registry.authorization) };
  const named = hostOf(origin);
  const reference = checkedReference(`${named}/${subject.repository}@${subject.digest}`);
  return { subject, access, registry: named, reference };
}

function subjectIn({ artifact: given, enabled_capabilities: capabilities }: Body): HarborSubject {
  const repository = required('artifact.repository', given.repository);
  const digest = required('artifact.digest', given.digest);
  const mimeType = given.mime_type;
  const kinds = kindsOf(capabilities);
  if (parseDigest(digest) === undefined) throw invalid('artifact.digest');
  if (mimeType !== '' && !manifestTypes.includes(mimeType))
    throw new WireError(422, `artifact.mime_type ${mimeType} is not one of ${manifestTypes.join(', ')}`);
  return { repository, digest, mimeType, kinds };
}

function parsedBody(bytes: Buffer): Body {
  const { success, data, error } = z.safeParse(body, parsedJson(bytes));
  if (success) return data;
  const [issue] = error.issues;
  const where = issue?.path.join('.') || 'it';
  throw badRequest(`unmarshalling scan request: ${where} ${issue?.message}`);
}

function parsedJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    throw badRequest('unmarshalling scan request: it is not JSON');
  }
}

function required(field: string, value: string): string {
  if (value === '') throw new WireError(422, `missing ${field}`);
  return value;
}

function invalid(field: string): WireError {
  return new WireError(422, `invalid ${field}`);
}

/** Returns scheme, host and port. Credentials belong into the authorization, and registries have no path. */
function originIn(text: string): string {
  const url = URL.parse(required('registry.url', text));
  const isRegistry = url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/';
  if (!isRegistry || url.username + url.password + url.search + url.hash !== '')
    throw invalid('registry.url');
  return url.origin;
}

/** Returns the name of a registry in references. One without dot and port would be a part of the path. */
function hostOf(origin: string): string {
  const { host, hostname, port, protocol } = new URL(origin);
  const needsPort = port === '' && !/[.[]/.test(hostname) && hostname !== 'localhost';
  return needsPort ? `${hostname}:${protocol === 'https:' ? 443 : 80}` : host;
}

function authorizationIn(value: string): Pick<RegistryAccess, 'authorization'> {
  if (value === '') return {};
  const isHeader = /^(?:basic|bearer) +[\x21-\x7e]+$/i.test(value);
  // The value is a secret, so no message repeats it.
  if (!isHeader || value.length > limits.authorizationCharacters)
    throw new WireError(422, 'registry.authorization must be Basic or Bearer');
  return { authorization: value };
}

function checkedReference(reference: string): string {
  if (reference.length > limits.imageNameCharacters) throw invalid('artifact.repository');
  try {
    parseReference(reference);
  } catch {
    throw invalid('artifact.repository');
  }
  return reference;
}

/** Returns what is requested. A client that names nothing only reads findings. */
function kindsOf(capabilities: readonly z.output<typeof capability>[]): HarborScanKind[] {
  const kinds = capabilities.map(({ type, produces_mime_types: produced, parameters: given }) => {
    if (type !== 'vulnerability' && type !== 'sbom') throw new WireError(422, 'invalid scan type');
    for (const mimeType of produced) checkProduced(type, mimeType);
    if (type === 'sbom') checkSbomTypes(given.sbom_media_types);
    return type;
  });
  return kinds.length === 0 ? ['vulnerability'] : [...new Set(kinds)];
}

function checkProduced(kind: HarborScanKind, mimeType: string): void {
  const type = reportTypeNamed(mimeType);
  if (type === undefined || kindOf(type) !== kind)
    throw badRequest(`unmarshalling scan request: unsupported mime type: ${mimeType}`);
}

function checkSbomTypes(mediaTypes: readonly string[]): void {
  if (mediaTypes.length === 0) throw new WireError(422, 'missing SBOM media type');
  const unknown = mediaTypes.find((mediaType) => sbomTypeNamed(mediaType) === undefined);
  if (unknown !== undefined)
    throw new WireError(422, `unsupported SBOM media type: ${JSON.stringify(unknown)}`);
}
