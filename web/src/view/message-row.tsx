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
    <li class={rowClass(placement, own)}>
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
      <Said message={message} index={index} first={placement.first} own={own} />
    </li>
  );
}

export function rowClass({ first, last }: Pick<Placement, 'first' | 'last'>, own: boolean): string {
  return `row ${own ? 'own' : ''} ${first ? 'first' : ''} ${last ? 'last' : ''}`;
}

interface SaidProps extends Pick<MessageRowProps, 'index' | 'own'> {
  readonly message: Message;
  readonly first: boolean;
}

function Said({ message, index, first, own }: SaidProps) {
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
        <Text text={message.message} index={index} />
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

interface TextProps {
  readonly text: string;
  /** Of the message in its room: what the list keeps in place, since what stands around the text comes and goes. */
  readonly index?: number;
}

export function Text({ text, index }: TextProps) {
  return (
    <p class={isFewEmoji(text) ? 'text emoji' : 'text'} dir="auto" data-index={index}>
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
