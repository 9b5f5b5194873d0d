import type { SingleFlight } from '../../../kit/async/single-flight.ts';
import type { IngestAncestryDeps } from '../../../service/ingest/ingest-ancestry.ts';
import {
  findKnownManifest,
  indexStateOf,
  ingestManifest,
  type KnownManifest,
  readIndexedManifest,
  removeManifests,
} from '../../../service/ingest/ingest-manifest.ts';
import { isCurrentEngine } from '../../../service/ingest/posted-layers.ts';
import { type DocumentCache, EncodedDocument } from '../encoded-document.ts';
import { type IngestRecord, recordIngest } from '../ingest-record.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import { renderIndexReport } from './contents.ts';
import { digestInPath, readDigests, readPostedManifest } from './manifest.ts';
import { negotiatedType, v4MediaType } from './negotiate.ts';

/** Dependencies of the routes of Clair's indexer. */
export interface IndexerDeps {
  readonly ingest: IngestAncestryDeps;
  /** Deduplicates concurrent posts of one manifest. */
  readonly pendingIngests: SingleFlight<unknown>;
  /** Called once for each ingest, successful or not. */
  readonly onIngested: (record: IngestRecord) => void;
  readonly documents: DocumentCache;
}

const relations = 'https://projectquay.io/clair/v1';

/** `GET index_state`: returns the state of the extensions. */
export async function getIndexState({ headers }: ApiRequest, { ingest }: IndexerDeps): Promise<ApiResponse> {
  const contentType = negotiatedType('index_state', headers);
  const state = indexStateOf(ingest.extensions);
  const ETag = `"${state}"`;
  if (headers['if-none-match'] === ETag) return { status: 304, headers: { ETag } };
  return { status: 200, headers: { ETag }, contentType, text: JSON.stringify({ state }) };
}

/**
 * Returns the validator of a manifest's report. Undefined for a manifest that other extensions have read: its report may change when it is
 * posted again.
 */
function validatorOf(
  manifest: KnownManifest | undefined,
  { extensions }: IngestAncestryDeps,
): string | undefined {
  const isCurrent = manifest !== undefined && isCurrentEngine(manifest.engineVersion, extensions);
  return isCurrent ? `"${indexStateOf(extensions)}"` : undefined;
}

/** `POST index_report`: indexes a manifest and returns its report. A known manifest under the same state costs nothing. */
export async function postIndexReport(request: ApiRequest, deps: IndexerDeps): Promise<ApiResponse> {
  const { ingest, pendingIngests, onIngested } = deps;
  const manifest = await readPostedManifest(request);
  const { digest } = manifest;
  request.addLogDetails({ manifest: digest });
  const { Location, Link } = referencesTo(digest);
  const condition = request.headers['if-none-match'];
  if (condition !== undefined && condition === validatorOf(await findKnownManifest(digest, ingest), ingest))
    return { status: 412, headers: { Link } };
  const work = { key: `manifest ${digest}`, content: JSON.stringify(manifest) };
  await pendingIngests.run(work, request.signal, (shared) =>
    recordIngest(ingestManifest(manifest, ingest, shared), { kind: 'manifest', name: digest }, onIngested),
  );
  const known = await findKnownManifest(digest, ingest);
  if (known === undefined) throw new WireError(500, 'failed to start scan: the manifest was deleted');
  return {
    status: 201,
    headers: { ...etagOf(validatorOf(known, ingest)), Location, Link },
    contentType: v4MediaType('index_report'),
    document: await indexReportOf(known, deps),
  };
}

/** Returns the report of a manifest. It is the same as long as the manifest is not read again. */
async function indexReportOf(
  manifest: KnownManifest,
  { ingest, documents }: Pick<IndexerDeps, 'ingest' | 'documents'>,
): Promise<EncodedDocument> {
  const key = `v4/index_report ${manifest.digest}`;
  const known = documents.get(key, manifest.revision);
  if (known !== undefined) return known;
  const indexed = await readIndexedManifest(manifest, ingest);
  const document = new EncodedDocument(JSON.stringify(renderIndexReport(indexed, ingest.extensions)));
  documents.set(key, manifest.revision, document);
  return document;
}

function etagOf(ETag: string | undefined): Readonly<Record<string, string>> {
  return ETag === undefined ? {} : { ETag };
}

interface References {
  readonly Location: string;
  readonly Link: readonly string[];
}

/** Returns the headers that lead to the reports of a manifest. */
function referencesTo(digest: string): References {
  const Location = `/indexer/api/v1/index_report/${digest}`;
  const report = `/matcher/api/v1/vulnerability_report/${digest}`;
  const Link = [
    `<${Location}>; rel="${relations}/index_report"`,
    `<${report}>; rel="${relations}/vulnerability_report"`,
  ];
  return { Location, Link };
}

/** `GET index_report/:digest`: returns the stored report of a manifest. */
export async function getIndexReport(request: ApiRequest, deps: IndexerDeps): Promise<ApiResponse> {
  const { ingest } = deps;
  const digest = digestInPath(request);
  const contentType = negotiatedType('index_report', request.headers);
  const known = await findKnownManifest(digest, ingest);
  if (known === undefined) throw new WireError(404, 'index report not found');
  const validator = validatorOf(known, ingest);
  if (validator !== undefined && request.headers['if-none-match'] === validator) return { status: 304 };
  return { status: 200, headers: etagOf(validator), contentType, document: await indexReportOf(known, deps) };
}

/** `DELETE index_report/:digest`: forgets a manifest. */
export async function deleteIndexReport(request: ApiRequest, { ingest }: IndexerDeps): Promise<ApiResponse> {
  const digest = digestInPath(request);
  request.addLogDetails({ manifest: digest });
  const removed = await removeManifests([digest], ingest);
  return { status: 204, ...(removed.length === 0 && { isUnchanged: true }) };
}

/** `DELETE index_report`: forgets manifests, and returns those that were known. */
export async function deleteIndexReports(request: ApiRequest, { ingest }: IndexerDeps): Promise<ApiResponse> {
  const removed = await removeManifests(await readDigests(request), ingest);
  return {
    status: 200,
    contentType: v4MediaType('bulk_delete'),
    text: JSON.stringify(removed),
    ...(removed.length === 0 && { isUnchanged: true }),
  };
}
