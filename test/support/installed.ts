// Where the system has a command.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @throws Error when it is nowhere on PATH */
export function pathOf(command: string): string {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const directory of directories) {
    const path = join(directory, command);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next one may have it.
    }
  }
  throw new Error(`${command} is not installed: node test/support/system-packages.mjs`);
}
