// Finds the links in a text, and texts that are nothing but emoji.

export interface TextPart {
  readonly text: string;
  /** Only ever http: or https:. */
  readonly href?: string;
}

const CANDIDATE = /https?:\/\/[^\s<>"'`]+/gi;
/** Ends of sentences and brackets are the text's, not the link's. */
const TRAILING = /[.,;:!?)\]}…»”’*_~]+$/u;
const MAX_EMOJI = 3;
/** Not a literal: compilers for older targets refuse the flag. */
const EMOJI = new RegExp(String.raw`^(?:\p{RGI_Emoji}|\s)+$`, 'v');

export function partsOf(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const { 0: candidate, index } of text.matchAll(CANDIDATE)) {
    const link = withoutTrailing(candidate);
    const href = hrefOf(link);
    if (href === undefined) continue;
    if (index > at) parts.push({ text: text.slice(at, index) });
    parts.push({ text: link, href });
    at = index + link.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

export function isFewEmoji(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.length > MAX_EMOJI * 16 || !EMOJI.test(trimmed)) return false;
  return [...new Intl.Segmenter().segment(trimmed.replaceAll(/\s/g, ''))].length <= MAX_EMOJI;
}

/** A closing bracket stays where the link opened it. */
function withoutTrailing(candidate: string): string {
  const link = candidate.replace(TRAILING, '');
  const rest = candidate.slice(link.length);
  return rest.startsWith(')') && link.includes('(') && !link.includes(')') ? `${link})` : link;
}

function hrefOf(link: string): string | undefined {
  if (!URL.canParse(link)) return undefined;
  const { protocol, href, username, password } = new URL(link);
  // A name in front of the host is there to make it look like another one.
  if (username || password) return undefined;
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
}
