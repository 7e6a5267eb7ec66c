// What stands for a user or a room where there is no picture: initials and a colour, the same everywhere.

/** 0–359: where on the colour wheel. */
export function hueOf(id: string): number {
  let hash = 2_166_136_261;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 16_777_619);
  // Steps of the golden angle keep those that are near one another apart.
  return Math.round(((hash >>> 0) * 137.508) % 360);
}

/** One or two characters, whole ones as people see them. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}\p{Emoji_Presentation}]/u.test(word));
  const [first = name.trim(), ...others] = words;
  const last = others.at(-1);
  return (firstCharacter(first) + (last ? firstCharacter(last) : '')).toLocaleUpperCase() || '?';
}

function firstCharacter(word: string): string {
  const start = /[\p{L}\p{N}\p{Emoji_Presentation}].*/su.exec(word)?.[0] ?? word;
  const [{ segment = '' } = {}] = new Intl.Segmenter().segment(start);
  return segment;
}
