// A jest reporter which closes the run with one plain line: 'N passed, N failed[, N skipped]'.
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const passed = results.numPassedTests;
    // A test file that could not even be loaded holds no test that could fail, yet it is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    if (passed + failed === 0) return;
    const skipped = results.numPendingTests + results.numTodoTests;
    const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // jest's own summary comes after all reporters; this line comes after that.
    process.once('exit', () => process.stdout.write(`${counts}\n`));
  }
}
