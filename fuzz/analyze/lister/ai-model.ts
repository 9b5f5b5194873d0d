import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

/** A length of 8 bytes. */
function length(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

const text = (value: string): Buffer => Buffer.concat([length(value.length), Buffer.from(value)]);
const header =
  '{"__metadata__":{"modelspec.title":"a"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
const gguf = Buffer.concat([
  ...[Buffer.from('GGUF\x03\0\0\0'), length(1), length(2)],
  ...[text('general.name'), Buffer.of(8, 0, 0, 0), text('a')],
  ...[text('tokens'), Buffer.of(9, 0, 0, 0, 8, 0, 0, 0), length(1), text('b')],
]);

const seeds = (): Input[] => [
  files({ 'a.safetensors': text(header), 'a.gguf': gguf, 'a.onnx': Buffer.from('CA4iAWEoAzoA', 'base64') }),
];

const ownWords = words(
  'GGUF',
  'general.version',
  '"__metadata__":',
  '\x08\0\0\0',
  '\x09\0\0\0',
  '\xff\xff\xff\xff',
);

/** Headers of AI models. */
export const targets: ListerTargets = { 'ai-model': { seeds, mutations: [...textMutations, ownWords] } };
