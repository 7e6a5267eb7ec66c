// Frames as the events that applications hear.
import type { MembersChange, Message } from './api.js';
import type { MessageFrame } from '../../src/protocol/frames.js';
import type { FrameOf } from './wire.js';

export function messageOf(frame: MessageFrame, epoch: string): Message {
  const { room, offset, messageId, sender, message, data, sentAt } = frame;
  return { room, epoch, offset, messageId, sender, message, ...(data && { data }), sentAt };
}

type MembersFrame = FrameOf<'MEMBER_JOINED' | 'MEMBER_LEFT' | 'MEMBERS_CHANGED'>;

export function membersChangeOf(frame: MembersFrame): MembersChange {
  const count = frame.members;
  switch (frame.type) {
    case 'MEMBER_JOINED':
      return { count, joined: [frame.member], left: [], complete: true };
    case 'MEMBER_LEFT':
      return { count, joined: [], left: [frame.member], complete: true };
    default: {
      const { joined, left } = frame;
      return { count, joined: joined ?? [], left: left ?? [], complete: (joined ?? left) !== undefined };
    }
  }
}
