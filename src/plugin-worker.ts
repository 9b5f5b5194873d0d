import { isMainThread, type MessagePort, parentPort } from 'node:worker_threads';
import { messageOf } from './core/errors.ts';
import type { Plugin } from './plugin/plugin.ts';
import type { AnalyzerRequest, AnalyzerResponse } from './plugin-host/analyzer-description.ts';

/** Runs an analyzer of a plugin. The host validated the plugin when it loaded it, and validates the result. */
async function answerTo({ kind, module, name, files, program }: AnalyzerRequest): Promise<AnalyzerResponse> {
  try {
    const { plugin } = (await import(module)) as { readonly plugin: Plugin };
    const contents = new Map(files);
    if (kind === 'detector')
      return { result: plugin.detectors?.find((detector) => detector.name === name)?.detect(contents) };
    const lister = plugin.listers?.find((one) => one.name === name);
    const listed =
      program === undefined ? lister?.list(contents) : lister?.listProgram?.(program.path, program.parts);
    return { result: [...(listed ?? [])] };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

async function answer(port: MessagePort, question: AnalyzerRequest): Promise<void> {
  const result = await answerTo(question);
  try {
    port.postMessage(result);
  } catch (error) {
    // The result holds something that cannot be cloned to another thread, such as a function.
    port.postMessage({ error: messageOf(error) } satisfies AnalyzerResponse);
  }
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  port.on('message', (question: AnalyzerRequest) => {
    void answer(port, question);
  });
}
