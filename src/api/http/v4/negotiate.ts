import type { IncomingHttpHeaders } from 'node:http';
import { preferredType } from '../media-ranges.ts';
import { badRequest, WireError } from '../route.ts';

/** The media types of the v4 API: `application/vnd.clair.<name>.v1+json`. */
export type V4MediaName =
  | 'index_report'
  | 'index_state'
  | 'bulk_delete'
  | 'vulnerability_report'
  | 'affected_manifests'
  | 'update_operations'
  | 'update_diff'
  | 'notification_page';

/** Returns the media type of a kind of document. */
export function v4MediaType(name: V4MediaName): string {
  return `application/vnd.clair.${name}.v1+json`;
}

/**
 * Returns the content type of a response: its own media type, or `application/json` if the client prefers that. As in Clair, `q=0` does not
 * exclude a type. Throws `WireError` 415 if the client accepts neither, and 400 for an empty header.
 */
export function negotiatedType(name: V4MediaName, { accept }: IncomingHttpHeaders): string {
  const offered = [v4MediaType(name), 'application/json'];
  const [own = ''] = offered;
  if (accept === undefined) return own;
  if (accept.trim() === '') throw badRequest('malformed request: mime: no media type');
  const found = preferredType(accept, offered);
  if (found !== undefined) return found;
  throw new WireError(415, `unable to negotiate common media type for [${offered.join(' ')}]`);
}
