/** Prints the stack of an uncaught error. The test runner prints only its message if no test is running. */
process.on('uncaughtExceptionMonitor', (error) => {
  console.log(`uncaught: ${error.stack ?? String(error)}`);
});
