import { isMainThread, type MessagePort, parentPort } from 'node:worker_threads';
import { messageOf } from './kit/errors.ts';
import type { Plugin } from './plugin/plugin.ts';
import type { Answer, Question } from './plugin-host/protocol.ts';

/** The code of a plugin was checked when it was loaded; what it makes of files is checked by who asked. */
async function answerTo({ kind, module, name, files }: Question): Promise<Answer> {
  try {
    const { plugin } = (await import(module)) as { readonly plugin: Plugin };
    const given = new Map(files);
    if (kind === 'detector')
      return { result: plugin.detectors?.find((detector) => detector.name === name)?.detect(given) };
    const lister = plugin.listers?.find((one) => one.name === name);
    return { result: [...(lister?.list(given) ?? [])] };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

async function answer(port: MessagePort, question: Question): Promise<void> {
  const answered = await answerTo(question);
  try {
    port.postMessage(answered);
  } catch (error) {
    // What no thread can send to another, such as a function.
    port.postMessage({ error: messageOf(error) } satisfies Answer);
  }
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  port.on('message', (question: Question) => {
    void answer(port, question);
  });
}
