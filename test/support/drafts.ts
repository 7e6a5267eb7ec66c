// Messages for brokers, and what their publications must have in common.
import { hash, randomUUID } from 'node:crypto';
import type { Draft } from '../../src/core/broker.js';
import { follows, type Publication, positionOf } from '../../src/protocol/position.js';

const REMEMBER_MS = 600_000;

let lastNumber = 0;

/** A room that no other test uses. */
export function newRoom(): string {
  return `room-${randomUUID()}`;
}

/** A message as the room service would draft it; its id is a new one unless it is given. */
export function draftOf(message: string, { messageId, rememberMs }: Partial<Draft> = {}): Draft {
  const id = messageId ?? `m-${++lastNumber}`;
  const sender = { id: 'u-1', name: 'Ada' };
  const body = { messageId: id, sender, message, sentAt: '2026-01-02T03:04:05.678Z' };
  return {
    messageId: id,
    body: Buffer.from(JSON.stringify(body)),
    fingerprint: hash('sha1', message, 'base64'),
    rememberMs: rememberMs ?? REMEMBER_MS,
  };
}

export function draftsOf(count: number, prefix = 'message'): Draft[] {
  return Array.from({ length: count }, (_, index) => draftOf(`${prefix} ${index}`));
}

/** Those which are not the very next one after the one before them. */
export function brokenLinks(publications: readonly Publication[]): Publication[] {
  return publications.filter((publication, index) => {
    const before = publications[index - 1];
    return before !== undefined && !follows(publication, positionOf(before));
  });
}

export function idsOf(publications: readonly { readonly messageId: string }[]): string[] {
  return publications.map(({ messageId }) => messageId);
}

/** Each as one line with all its members: quicker to compare, and to read, than buffers. */
export function linesOf(publications: readonly Publication[]): string[] {
  return publications.map(({ epoch, offset, messageId, previousOffset, previousId, body }) =>
    JSON.stringify([epoch, offset, messageId, previousOffset, previousId, body.toString()]),
  );
}
