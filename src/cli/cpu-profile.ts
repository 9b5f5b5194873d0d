import { open } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { ClairError, messageOf } from '../core/errors.ts';

/** Runs a function and writes its CPU profile to a file, as V8's `.cpuprofile`. Throws `output-failed`. */
export async function withCpuProfile<T>(name: string, run: () => Promise<T>): Promise<T> {
  // Opened before the work, so that an unwritable path fails early.
  await using file = await open(name, 'w').catch((error: unknown) => {
    throw new ClairError('output-failed', `${name} cannot be written: ${messageOf(error)}`, { cause: error });
  });
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  try {
    return await run();
  } finally {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    await file.writeFile(JSON.stringify(profile));
  }
}
