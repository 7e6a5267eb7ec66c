// Stands in until a connection shows its dialect: it hears each message in its sender's, and is answered in the native one.
import { viaOf } from '../message-body.js';
import type { Publication } from '../position.js';
import type { Dialect, Frame } from './dialect.js';
import { native } from './native.js';
import { dialectNamed } from './select.js';

export const undecided: Dialect = {
  ...native,
  name: 'undecided',
  hearsLobby: true,

  encodeReply: () => undefined,
  /** Whatever would be told would be told in words that the client may not know. */
  encodeEvent: () => undefined,

  encodePublication(room: string, publication: Publication): Frame {
    const via = viaOf(publication.body);
    return (via ? dialectNamed(via.dialect) : native).encodePublication(room, publication);
  },
};
