// A message of the reader's own that is not in the timeline yet.
import type { OwnMessage } from '../model/outbox.js';
import type { RoomModel } from '../model/room-model.js';
import { AlertIcon, CheckIcon, ClockIcon } from './icons.js';
import { rowClass, Text, timeOf } from './message-row.js';

interface OwnRowProps {
  readonly room: RoomModel;
  readonly message: OwnMessage;
  readonly first: boolean;
  readonly last: boolean;
}

export function OwnRow({ room, message, first, last }: OwnRowProps) {
  const { status, text, writtenAt, error } = message;
  return (
    <li class={`${rowClass({ first, last }, true)} ${status}`}>
      <div class="said">
        <div class="bubble">
          <span class="visually-hidden">You: </span>
          <Text text={text} />
          <span class="meta">
            <time dateTime={new Date(writtenAt).toISOString()}>{timeOf(writtenAt)}</time>
            {status === 'stored' && <CheckIcon />}
            {status === 'sending' && (
              <>
                <ClockIcon />
                <span class="visually-hidden">being sent</span>
              </>
            )}
          </span>
        </div>
      </div>
      {status === 'failed' && (
        <div class="failure" role="alert">
          <AlertIcon />
          <span>{`Not sent. ${error ?? ''}`}</span>
          <button type="button" onClick={() => room.retry(message)}>
            Try again
          </button>
          <button type="button" onClick={() => room.outbox.remove(message.messageId)}>
            Delete
          </button>
        </div>
      )}
    </li>
  );
}
