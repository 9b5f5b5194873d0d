import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { FeedThreadSetup, ToFeedThread } from './cli/server/feed-protocol.ts';
import { FeedSession } from './cli/server/feed-session.ts';

if (!isMainThread && parentPort !== null) {
  const session = new FeedSession(parentPort, workerData as FeedThreadSetup);
  parentPort.on('message', (message: ToFeedThread) => {
    session.handle(message);
  });
}
