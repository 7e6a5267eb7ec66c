// What a guest may be called, from what it says it is called.

const MAX_LENGTH = 64;

/** The name without control characters, cut to 64; undefined where nothing of it is left, or it is no text. */
export function displayName(claimed: unknown): string | undefined {
  if (typeof claimed !== 'string') return undefined;
  const characters = claimed.replaceAll(/\p{Cc}/gu, '').slice(0, MAX_LENGTH);
  // Cut in the middle of a pair, half a character would be left.
  const name = characters.isWellFormed() ? characters : characters.slice(0, -1);
  return name.trim() === '' ? undefined : name;
}
