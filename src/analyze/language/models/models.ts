import { hash } from 'node:crypto';
import { limits } from '../../../core/limits.ts';
import { bufferView } from '../../../kit/bytes/bytes.ts';
import { baseOf } from '../../../kit/tar/path.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { inventoryNamespace, manifestEvent } from '../../manifest-lister.ts';
import { readGguf } from './gguf.ts';
import { modelWord, type ReadModelHeader } from './model-header.ts';
import { readOnnx } from './onnx.ts';
import { readSafetensors } from './safetensors.ts';

const type = 'ai-model';

/** Readers by the end of the file name. */
const readers: ReadonlyMap<string, ReadModelHeader> = new Map([
  ['.safetensors', readSafetensors],
  ['.gguf', readGguf],
  ['.onnx', readOnnx],
]);

/** Digits of the digest of a model that states no version. */
const digestDigits = 16;

/**
 * Lists files of AI models by their headers. Weights are not read. There are no advisories. A model that states no version has the digest of
 * the beginning of its file as version, so that changes show.
 */
export const modelLister: PackageLister = {
  name: type,
  version: 1,
  wants: [...readers.keys()].map((suffix) => `**/*${suffix}`),
  ecosystem: inventoryNamespace(type),
  beginningBytes: limits.modelBeginningBytes,
  listEach: () => listModel,
  *list(files: Files) {
    for (const [path, content] of files) yield* listModel(path, content);
  },
};

function* listModel(path: string, content: Uint8Array): Generator<ListerEvent> {
  const base = baseOf(path);
  const suffix = base.slice(base.lastIndexOf('.'));
  const read = readers.get(suffix);
  if (read === undefined) return;
  const beginning = bufferView(content).subarray(0, limits.modelBeginningBytes);
  const header = read(beginning);
  if ('problem' in header) {
    yield { kind: 'problem', path, ...header };
    return;
  }
  const { license, author } = header;
  yield manifestEvent(type, path, {
    name: modelWord(header.name) ?? modelWord(base.slice(0, -suffix.length)) ?? '',
    version: modelWord(header.version) ?? `start-${hash('sha256', beginning, 'hex').slice(0, digestDigits)}`,
    license,
    supplier: author,
  });
}
