import { parentPort } from 'node:worker_threads';
import { analyzerSubjects } from './analyzers.ts';
import { feedSubjects } from './feeds.ts';
import { type Case, measure } from './measure.ts';

/** Measures one case after the other, on a thread that can be ended. */
const subjects = new Map([...feedSubjects(), ...analyzerSubjects()].map((one) => [one.name, one]));

parentPort?.on('message', (wanted: Case) => {
  const subject = subjects.get(wanted.subject);
  if (subject === undefined) throw new Error(`there is no subject ${wanted.subject}`);
  void measure(subject, wanted).then((measured) => parentPort?.postMessage(measured));
});
