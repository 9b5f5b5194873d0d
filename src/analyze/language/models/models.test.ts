import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../core/limits.ts';
import { checkLister } from '../../../plugin/contract/index.ts';
import { modelLister } from './models.ts';

/** Files that safetensors 0.8.0, gguf 0.19.0 and onnx 1.23.2 for Python wrote, without the weights of those of gguf. */
const written = {
  safetensors: [
    'kAAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCJ3Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOl',
    'syLDJdLCJkYXRhX29mZnNldHMiOlswLDE2XX0sImIiOnsiZHR5cGUiOiJGMTYiLCJzaGFwZSI6WzJdLCJkYXRhX29m',
    'ZnNldHMiOlsxNiwyMF19fSAAAAAAAAAAAAAAAAAAAAAAAAAAAA==',
  ].join(''),
  titled: [
    '+AAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJtb2RlbHNwZWMuc2FpX21vZGVsX3NwZWMiOiIxLjAuMCIsIm1vZGVsc3',
    'BlYy5hdXRob3IiOiJzb21lb25lIiwibW9kZWxzcGVjLnRpdGxlIjoiVGlueSBEZW1vIiwibW9kZWxzcGVjLmFyY2hp',
    'dGVjdHVyZSI6InN0YWJsZS1kaWZmdXNpb24tdjEiLCJtb2RlbHNwZWMubGljZW5zZSI6Ik1JVCJ9LCJ3Ijp7ImR0eX',
    'BlIjoiRjMyIiwic2hhcGUiOlsyLDJdLCJkYXRhX29mZnNldHMiOlswLDE2XX19ICAgICAgIAAAAAAAAAAAAAAAAAAA',
    'AAA=',
  ].join(''),
  gguf: [
    'R0dVRgMAAAABAAAAAAAAAAkAAAAAAAAAFAAAAAAAAABnZW5lcmFsLmFyY2hpdGVjdHVyZQgAAAAFAAAAAAAAAGxsYW',
    '1hDAAAAAAAAABnZW5lcmFsLm5hbWUIAAAADwAAAAAAAABUaW55IExsYW1hIERlbW8PAAAAAAAAAGdlbmVyYWwudmVy',
    'c2lvbggAAAAEAAAAAAAAAHYxLjEPAAAAAAAAAGdlbmVyYWwubGljZW5zZQgAAAAKAAAAAAAAAGFwYWNoZS0yLjAOAA',
    'AAAAAAAGdlbmVyYWwuYXV0aG9yCAAAAAcAAAAAAAAAc29tZW9uZRQAAAAAAAAAZ2VuZXJhbC5vcmdhbml6YXRpb24I',
    'AAAABwAAAAAAAABleGFtcGxlEQAAAAAAAABsbGFtYS5ibG9ja19jb3VudAQAAAABAAAAFQAAAAAAAAB0b2tlbml6ZX',
    'IuZ2dtbC50b2tlbnMJAAAACAAAAAMAAAAAAAAAAwAAAAAAAAA8cz4EAAAAAAAAADwvcz4BAAAAAAAAAGERAAAAAAAA',
    'AGdlbmVyYWwuZmlsZV90eXBlBAAAAAEAAAARAAAAAAAAAHRva2VuX2VtYmQud2VpZ2h0AgAAAAQAAAAAAAAABAAAAA',
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  ].join(''),
  bigEndian: [
    'R0dVRgAAAAMAAAAAAAAAAQAAAAAAAAADAAAAAAAAABRnZW5lcmFsLmFyY2hpdGVjdHVyZQAAAAgAAAAAAAAABWxsYW',
    '1hAAAAAAAAAAxnZW5lcmFsLm5hbWUAAAAIAAAAAAAAAApCaWcgRW5kaWFuAAAAAAAAABFsbGFtYS5ibG9ja19jb3Vu',
    'dAAAAAQAAAABAAAAAAAAABF0b2tlbl9lbWJkLndlaWdodAAAAAIAAAAAAAAABAAAAAAAAAAEAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  ].join(''),
  onnx: [
    'CA4SB3B5dG9yY2gaBTIuMy4xIgphaS5leGFtcGxlKAMyB2EgbW9kZWw6QAoQCgFYEgFZIghJZGVudGl0eRIKdGlueS',
    '1ncmFwaFoPCgFYEgoKCAgBEgQKAggBYg8KAVkSCgoICAESBAoCCAFCAhAc',
  ].join(''),
  bareOnnx: [
    'CA46QAoQCgFYEgFZIghJZGVudGl0eRIKdGlueS1ncmFwaFoPCgFYEgoKCAgBEgQKAggBYg8KAVkSCgoICAESBAoCCA',
    'FCAhAc',
  ].join(''),
} as const;

function bytesOf(file: keyof typeof written): Buffer {
  return Buffer.from(written[file], 'base64');
}

test('ai-model: lists models by the headers that their libraries write, and reports damaged ones', () => {
  const cut = (file: keyof typeof written, end: number): Buffer => bytesOf(file).subarray(0, end);
  checkLister(modelLister, [
    {
      files: {
        'models/bert.safetensors': bytesOf('safetensors'),
        'models/diffusion.safetensors': bytesOf('titled'),
        'models/llama.gguf': bytesOf('gguf'),
        'models/power.gguf': bytesOf('bigEndian'),
        'models/net.onnx': bytesOf('onnx'),
        'models/bare.onnx': bytesOf('bareOnnx'),
        'cut/a.safetensors': cut('safetensors', 60),
        'cut/a.gguf': cut('gguf', 80),
        'cut/a.onnx': cut('onnx', 20),
        'cut/empty.onnx': '',
        'cut/text.gguf': 'GIT LFS',
        'cut/pointer.safetensors': 'version https://git-lfs.github.com/spec/v1\n',
      },
      // The digests are those of sha256sum of the whole files.
      packages: [
        'bert start-782edb82af412679',
        'Tiny-Demo start-6ded95e402f9c0fa',
        'Tiny-Llama-Demo v1.1',
        'Big-Endian start-dbbbdc473939fdcb',
        'net 3',
        'bare start-20952d5e8a1a2742',
      ],
      problems: 6,
    },
  ]);
});

test('ai-model: states the licence and the author', () => {
  const listed = (path: string, content: Buffer) =>
    [...modelLister.list(new Map([[path, content]]))].map((event) =>
      event.kind === 'package' ? [event.package.licenses, event.package.supplier] : event.kind,
    );
  assert.deepEqual(listed('a.gguf', bytesOf('gguf')), [[['Apache-2.0'], 'someone']]);
  assert.deepEqual(listed('a.safetensors', bytesOf('titled')), [[['MIT'], 'someone']]);
  assert.deepEqual(listed('a.onnx', bytesOf('onnx')), [[undefined, 'ai.example']]);
});

test('ai-model: reads what a large GGUF file states before its vocabulary, and refuses a header that is too large', () => {
  const gguf = bytesOf('gguf');
  const tokens = gguf.indexOf('tokenizer.ggml.tokens');
  const listed = (path: string, content: Buffer): string[] =>
    [...modelLister.list(new Map([[path, content]]))].map((event) =>
      event.kind === 'package' ? `${event.package.name} ${event.package.version}` : event.kind,
    );
  // The vocabulary claims a length that is beyond the beginning of the file.
  const large = Buffer.alloc(limits.modelBeginningBytes);
  gguf.copy(large, 0, 0, tokens + 'tokenizer.ggml.tokens'.length + 8);
  large.writeBigUInt64LE(1n << 40n, tokens + 'tokenizer.ggml.tokens'.length + 8);
  assert.deepEqual(listed('large.gguf', large), ['Tiny-Llama-Demo v1.1']);
  assert.deepEqual(listed('cut.gguf', large.subarray(0, -1)), ['problem']);
  const header = Buffer.alloc(limits.modelBeginningBytes);
  header.writeBigUInt64LE(BigInt(limits.modelBeginningBytes) - 7n);
  assert.deepEqual(listed('a.safetensors', header), ['problem']);
});
