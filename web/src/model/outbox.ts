// The reader's own messages from the moment of writing until they are in the timeline. They outlive a reload.
import { signal, type Signal } from '@preact/signals';
import { newMessageId } from '@roomcast/client';
import { isRecord, Stored } from './storage.js';

const MAX_KEPT = 100;

export interface OwnMessage {
  readonly messageId: string;
  readonly text: string;
  /** As `Date.now()` has it. */
  readonly writtenAt: number;
  /** `stored`: acknowledged, and about to arrive. */
  readonly status: 'sending' | 'stored' | 'failed';
  /** Why it failed. */
  readonly error?: string;
}

type Kept = Readonly<Record<string, readonly OwnMessage[]>>;

const kept = new Stored<Kept>(
  () => sessionStorage,
  'outbox',
  (value): value is Kept => isRecord(value) && Object.values(value).every(isOwnMessages),
);

function isOwnMessages(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (entry: unknown) =>
        isRecord(entry) &&
        typeof entry['messageId'] === 'string' &&
        typeof entry['text'] === 'string' &&
        typeof entry['writtenAt'] === 'number' &&
        typeof entry['status'] === 'string',
    )
  );
}

export class Outbox {
  readonly messages: Signal<readonly OwnMessage[]>;

  constructor(private readonly room: string) {
    this.messages = signal(kept.read()?.[room] ?? []);
  }

  add(text: string): OwnMessage {
    const message: OwnMessage = {
      messageId: newMessageId(),
      text,
      writtenAt: Date.now(),
      status: 'sending',
    };
    this.#set([...this.messages.value, message]);
    return message;
  }

  update(messageId: string, change: Partial<OwnMessage>): void {
    this.#set(
      this.messages.value.map((message) =>
        message.messageId === messageId ? { ...message, ...change } : message,
      ),
    );
  }

  /** It is in the timeline, or the reader does not want it any more. */
  remove(messageId: string): void {
    if (!this.messages.value.some((message) => message.messageId === messageId)) return;
    this.#set(this.messages.value.filter((message) => message.messageId !== messageId));
  }

  clear(): void {
    this.#set([]);
  }

  #set(messages: readonly OwnMessage[]): void {
    this.messages.value = messages;
    const { [this.room]: _, ...others } = kept.read() ?? {};
    const waiting = messages.filter(({ status }) => status !== 'stored').slice(-MAX_KEPT);
    kept.write(waiting.length > 0 ? { ...others, [this.room]: waiting } : others);
  }
}
