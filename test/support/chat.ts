// What most tests of the chat do: join a room, say something in it, read what was said.
import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { AppProcess } from './app-process.js';
import { eventually } from './deadline.js';
import type { Frame, TestClient } from './test-client.js';

/** A room id that no other test uses. */
export function newRoom(): string {
  return `room-${randomUUID()}`;
}

/** Sends a command under an id, and resolves with the reply; rejects when that is of another type. */
async function expectReply(client: TestClient, command: object, type: string): Promise<Frame> {
  const reply = await client.request(command);
  const shown = JSON.stringify(command).slice(0, 200);
  if (reply.type !== type) throw new Error(`${shown} got ${JSON.stringify(reply)}`);
  return reply;
}

/** SUBSCRIBE → SUBSCRIBED */
export async function join(client: TestClient, room: string, more: object = {}): Promise<Frame> {
  return expectReply(client, { type: 'SUBSCRIBE', room, ...more }, 'SUBSCRIBED');
}

/** UNSUBSCRIBE → UNSUBSCRIBED */
export async function leave(client: TestClient, room: string): Promise<Frame> {
  return expectReply(client, { type: 'UNSUBSCRIBE', room }, 'UNSUBSCRIBED');
}

/** SEND_MESSAGE → ACK */
export async function say(
  client: TestClient,
  room: string,
  message: string,
  more: object = {},
): Promise<Frame> {
  return expectReply(client, { type: 'SEND_MESSAGE', room, message, ...more }, 'ACK');
}

/** Sends many at once, and resolves with their ACKs. */
export async function sayAll(
  client: TestClient,
  room: string,
  messages: readonly string[],
): Promise<Frame[]> {
  return Promise.all(messages.map((message) => say(client, room, message)));
}

/** `prefix 1` … `prefix count` */
export function texts(count: number, prefix = 'message'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`);
}

/** Takes the room's next `count` messages, waiting for them. */
export async function hear(
  client: TestClient,
  room: string,
  count: number,
  timeoutMs?: number,
): Promise<Frame[]> {
  const heard: Frame[] = [];
  while (heard.length < count) {
    heard.push(await client.next((frame) => frame.type === 'MESSAGE' && frame['room'] === room, timeoutMs));
  }
  return heard;
}

/** One member of each frame. */
export function pluck(frames: readonly Frame[], member: string): unknown[] {
  return frames.map((frame) => frame[member]);
}

/** The integers `from`, …, `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Resolves when GET /health tells these members. */
export async function healthTells(app: AppProcess, members: Record<string, number>): Promise<void> {
  const check = async (): Promise<void> => expect(await app.health()).toMatchObject(members);
  await eventually(check, 10_000, `GET /health tells ${JSON.stringify(members)}`);
}
