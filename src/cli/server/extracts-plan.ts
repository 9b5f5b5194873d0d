import { readFileSync } from 'node:fs';
import type { Config } from '../../config/settings.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { readSettingFile } from '../../notify/http-post.ts';
import type { ExtractBucket } from '../../store/layer-extract-store.ts';
import { s3Bucket } from '../../store/s3/s3-bucket.ts';
import type { S3Keys } from '../../store/s3/sign-request.ts';

type ExtractSettings = Config['extracts'];

/** Names of buckets. Amazon S3, "Bucket naming rules". */
const bucketForm = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Start of the names of objects: no sign that a URL or a signature would change. */
const prefixForm = /^[\w./-]*$/;

/** Returns the bucket of the settings. Undefined if they keep no extracts in one. Throws `config-invalid`. */
export function extractBucketOf(settings: ExtractSettings): ExtractBucket | undefined {
  const { keep, bucket, region, prefix, pathstyle: isInPath, cafile } = settings;
  if (keep !== 's3') return undefined;
  if (!bucketForm.test(bucket)) throw invalid('bucket', 'must name a bucket');
  if (!prefixForm.test(prefix)) throw invalid('prefix', 'takes letters, digits and ./_- only');
  const endpoint = endpointOf(settings);
  const keys = keysOf(settings);
  // Files that cannot be read stop the start.
  keys();
  const connection = cafile === '' ? {} : { ca: [readSettingFile('extracts.cafile', cafile)] };
  return s3Bucket({ endpoint, bucket, isInPath, region, prefix, keys, connection });
}

function endpointOf({ endpoint }: ExtractSettings): URL {
  const url = URL.parse(endpoint);
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (isOrigin) return url;
  throw invalid('endpoint', 'must be the URL of an S3 server without a path, such as https://s3.example.org');
}

/** Returns a function that returns the keys, which a file may change at any time. */
function keysOf({ accesskey, secretkey, credentialsfile }: ExtractSettings): () => S3Keys {
  if (credentialsfile !== '') {
    if (accesskey !== '' || secretkey !== '')
      throw invalid('credentialsfile', 'takes the place of accesskey and secretkey: leave them out');
    return () => readCredentials(credentialsfile);
  }
  if (accesskey === '' || secretkey === '')
    throw invalid('accesskey', 'and extracts.secretkey, or extracts.credentialsfile, must name an account');
  return () => ({ accessKeyId: accesskey, secretAccessKey: secretkey });
}

/** Reads the section `default` of a file of credentials of AWS. Throws `config-invalid`, without the content. */
function readCredentials(path: string): S3Keys {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid('credentialsfile', `names ${path}, which cannot be read: ${messageOf(error)}`);
  }
  const values = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    const [name = '', ...rest] = line.split('=');
    if (line.trimStart().startsWith('[')) section = line.trim();
    else if (section === '[default]' && rest.length > 0) values.set(name.trim(), rest.join('=').trim());
  }
  const accessKeyId = values.get('aws_access_key_id');
  const secretAccessKey = values.get('aws_secret_access_key');
  if (!accessKeyId || !secretAccessKey)
    throw invalid('credentialsfile', `names ${path}, which has no keys in its section [default]`);
  return { accessKeyId, secretAccessKey, sessionToken: values.get('aws_session_token') };
}

function invalid(setting: string, problem: string): ClairError {
  return new ClairError('config-invalid', `extracts.${setting} ${problem}`);
}
