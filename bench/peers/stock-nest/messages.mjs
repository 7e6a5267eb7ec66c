// What clients may send, checked by class-validator.

import { IsNotEmpty, IsString } from 'class-validator';
import { decorateProperty } from './decorate.mjs';

export class JoinRoom {
  /** @type {string} */
  roomId;
}
decorateProperty(JoinRoom, 'roomId', IsString(), IsNotEmpty());

export class SendMessage {
  /** @type {string} */
  roomId;
  /** @type {string} */
  text;
}
decorateProperty(SendMessage, 'roomId', IsString(), IsNotEmpty());
decorateProperty(SendMessage, 'text', IsString(), IsNotEmpty());
