// Who is in which room, and their messages through Redis.

import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { decorateClass } from './decorate.mjs';

/** @typedef {import('ws').WebSocket} WebSocket */

export class RoomService {
  #publisher = new Redis(process.env.REDIS_URL ?? '');
  #subscriber = new Redis(process.env.REDIS_URL ?? '');
  /** @type {Map<string, Set<WebSocket>>} */
  #rooms = new Map();

  constructor() {
    this.#subscriber.on('message', (roomId, frame) => {
      for (const member of this.#rooms.get(roomId) ?? []) member.send(frame);
    });
  }

  /** @param {string} roomId @param {WebSocket} client */
  async join(roomId, client) {
    const members = this.#rooms.get(roomId);
    if (members) members.add(client);
    else {
      this.#rooms.set(roomId, new Set([client]));
      await this.#subscriber.subscribe(roomId);
    }
  }

  /** @param {WebSocket} client */
  async leaveAll(client) {
    for (const [roomId, members] of this.#rooms) {
      if (!members.delete(client) || members.size > 0) continue;
      this.#rooms.delete(roomId);
      await this.#subscriber.unsubscribe(roomId);
    }
  }

  /** @param {string} roomId @param {string} text */
  async send(roomId, text) {
    const frame = JSON.stringify({ event: 'ROOM_MESSAGE', data: { roomId, text } });
    await this.#publisher.publish(roomId, frame);
  }
}
decorateClass(RoomService, Injectable());
