// Prints a scenario's figures on one line of the test output.

export function print(title: string, figures: object): void {
  process.stdout.write(`  ${title}: ${JSON.stringify(figures)}\n`);
}
