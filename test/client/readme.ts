// The examples of a README as a reader sees them.
import { readFile } from 'node:fs/promises';

/** The code blocks in a language, in order. */
export async function examples(file: string, language: string): Promise<string[]> {
  const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, code]) => code!,
  );
}

/** A line of a session as a pattern: a string with … in it stands for any, as do {…} and a … at the end. */
export function patternOf(line: string): RegExp {
  const parts = line.split(/("[^"]*"|\{…\}|,…)/);
  const patterns = parts.map((part) => {
    if (!part.includes('…')) return part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return part.startsWith('"') ? '"[^"]*"' : '.*?';
  });
  return new RegExp(`^${patterns.join('')}$`);
}
