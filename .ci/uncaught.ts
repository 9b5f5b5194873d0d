import { isMainThread } from 'node:worker_threads';

/** Prints the stack of an uncaught error. The test runner prints only its message if no test is running. */
if (isMainThread)
  process.on('uncaughtExceptionMonitor', (error) => {
    console.log(`uncaught: ${error.stack ?? String(error)}`);
  });
