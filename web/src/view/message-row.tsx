// One message, or a notice between messages.
import { hueOf } from '../model/look.js';
import { dayName, type Placement } from '../model/rows.js';
import { isFewEmoji, partsOf } from '../model/text-parts.js';
import type { Entry } from '../model/timeline.js';
import type { Message } from '@roomcast/client';
import { Avatar } from './avatar.js';
import { CheckIcon } from './icons.js';

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

interface MessageRowProps {
  readonly entry: Entry;
  readonly index: number;
  readonly placement: Placement;
  readonly own: boolean;
  /** The first one that is unread. */
  readonly marked: boolean;
}

export function MessageRow({ entry, index, placement, own, marked }: MessageRowProps) {
  if (entry.kind === 'notice') {
    return (
      <li class="notice" data-index={index}>
        <span>{entry.text}</span>
      </li>
    );
  }
  const { message } = entry;
  return (
    <li class={rowClass(placement, own)} data-index={index}>
      {placement.day && (
        <div class="day">
          <span>{dayName(message.sentAt)}</span>
        </div>
      )}
      {marked && (
        <div class="unread-mark">
          <span>New</span>
        </div>
      )}
      <Said message={message} first={placement.first} own={own} />
    </li>
  );
}

export function rowClass({ first, last }: Pick<Placement, 'first' | 'last'>, own: boolean): string {
  return `row ${own ? 'own' : ''} ${first ? 'first' : ''} ${last ? 'last' : ''}`;
}

function Said({ message, first, own }: { message: Message; first: boolean; own: boolean }) {
  const { sender, sentAt } = message;
  return (
    <div class="said">
      {!own && first && <Avatar id={sender.id} name={sender.name} />}
      <div class="bubble">
        {own || !first ? (
          <span class="visually-hidden">{own ? 'You: ' : `${sender.name}: `}</span>
        ) : (
          <bdi class="sender" style={{ '--hue': hueOf(sender.id) }}>
            {sender.name}
          </bdi>
        )}
        <Text text={message.message} />
        <span class="meta">
          <time dateTime={sentAt} title={moment.format(new Date(sentAt))}>
            {clock.format(new Date(sentAt))}
          </time>
          {own && <CheckIcon />}
        </span>
      </div>
    </div>
  );
}

export function Text({ text }: { text: string }) {
  return (
    <p class={isFewEmoji(text) ? 'text emoji' : 'text'} dir="auto">
      {partsOf(text).map(({ text: part, href }) =>
        href === undefined ? (
          part
        ) : (
          <a href={href} target="_blank" rel="noopener noreferrer nofollow">
            {part}
          </a>
        ),
      )}
    </p>
  );
}

export function timeOf(ms: number): string {
  return clock.format(ms);
}
