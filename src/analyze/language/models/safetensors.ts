import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { readJsonManifest } from '../../manifest-lister.ts';
import type { EntryProblem } from '../../package/listing.ts';
import { cutHeader, type ModelHeader } from './model-header.ts';

/** The header begins behind its length. */
const lengthBytes = 8;

const tensor = z.object({
  dtype: z.string(),
  shape: z.array(z.number()),
  data_offsets: z.tuple([z.number(), z.number()]),
});

/** The tensors by name, and texts about the model. Those of the Stability AI model specification have a prefix. */
const headerSchema = z.catchall(
  z.object({ __metadata__: z.optional(z.record(z.string(), z.string())) }),
  tensor,
);

/** Reads a header of safetensors: its length in 8 bytes, and JSON of this length. */
export function readSafetensors(beginning: Buffer): ModelHeader | EntryProblem {
  if (beginning.length < lengthBytes) return cutHeader;
  const length = beginning.readBigUInt64LE();
  if (length > BigInt(limits.modelBeginningBytes - lengthBytes))
    return {
      problem: `has a header of ${length} bytes; they are read up to ${limits.modelBeginningBytes} bytes`,
    };
  const end = lengthBytes + Number(length);
  if (end > beginning.length) return cutHeader;
  const read = readJsonManifest(beginning.subarray(lengthBytes, end), headerSchema);
  if ('problem' in read) return read;
  const { __metadata__: texts = {} } = read.value;
  const textOf = (name: string): string | undefined => (Object.hasOwn(texts, name) ? texts[name] : undefined);
  return {
    name: textOf('modelspec.title'),
    license: textOf('modelspec.license'),
    author: textOf('modelspec.author'),
  };
}
