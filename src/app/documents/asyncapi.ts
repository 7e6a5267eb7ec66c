// The AsyncAPI document: the WebSocket side in the native dialect, out of the classes and types that it runs on.
import { commandsOf } from '../../gateway/command-router.js';
import { ChatGateway } from '../../gateway/chat.gateway.js';
import { CLOSE_REASONS } from '../../protocol/close-codes.js';
import { COMMAND_TEXTS, COMMANDS_TOLD, type NativeCommand } from './command-texts.js';
import { FRAME_EXAMPLES } from './frame-examples.js';
import { nameOf, referredTo, type Schema, schemaOfClass } from './schemas.js';

const COMMAND_ID: Schema = {
  description: 'Comes back on the reply: a string of at most 64 characters, or an integer.',
  anyOf: [{ type: 'string', maxLength: 64 }, { type: 'integer' }],
};
const ROOM = "The room's id; `roomId` is its other name, and one of them has to be there.";

const REPLIES: ReadonlySet<string> = new Set([
  'ERROR',
  ...COMMANDS_TOLD.flatMap((type) => COMMAND_TEXTS[type].reply ?? []),
]);

interface Message {
  readonly name: string;
  readonly title: string;
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly payload: Schema;
  readonly examples: readonly { readonly payload: unknown }[];
}

export interface AsyncApi {
  readonly asyncapi: '3.0.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly channels: Readonly<Record<string, unknown>>;
  readonly operations: Readonly<Record<string, unknown>>;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
  readonly [member: string]: unknown;
}

/** @param types `schemasOfTypes()` */
export function asyncApi(version: string, types: Readonly<Record<string, Schema>>): AsyncApi {
  const commands = COMMANDS_TOLD.map((type) => commandMessage(type, types));
  const frames = framesOf(types).map(([type, schema]) => frameMessage(type, schema));
  const messages = Object.fromEntries([...commands, ...frames].map((each) => [each.name, each]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Roomcast over WebSocket',
      version,
      description:
        'Text frames of one JSON object each, with the subprotocol `roomcast.v1`. Members of objects that are not ' +
        'named here are ignored. Replies come in the order of their commands.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: { local: { host: 'localhost:8080', protocol: 'ws' } },
    channels: {
      chat: {
        address: '/ws',
        title: 'One connection',
        description: 'Also at `/`; at `/ws/{room}`, that room is joined besides.',
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations: operationsOf(frames),
    components: { messages, schemas: referredTo(messages, types) },
    'x-close-codes': CLOSE_REASONS,
  };
}

function operationsOf(frames: readonly Message[]): Record<string, unknown> {
  const channel = { $ref: '#/channels/chat' };
  const received = COMMANDS_TOLD.map((type) => {
    const { summary, description, reply } = COMMAND_TEXTS[type];
    const replies = [...(reply === undefined ? [] : [reply]), 'ERROR'];
    const operation = {
      action: 'receive',
      channel,
      summary,
      description,
      messages: [messageOf(commandName(type))],
    };
    return [commandName(type), { ...operation, reply: { channel, messages: replies.map(messageOf) } }];
  });
  // UNSUBSCRIBED comes unasked as well, where somebody is taken out of a room.
  const unasked = frames.filter(({ name }) => !REPLIES.has(name) || name === 'UNSUBSCRIBED');
  const sent = unasked.map(({ name, description }) => [
    `on${name}`,
    { action: 'send', channel, summary: description, messages: [messageOf(name)] },
  ]);
  return Object.fromEntries([...received, ...sent]) as Record<string, unknown>;
}

/** Some commands and replies have the same name. */
function commandName(type: NativeCommand): string {
  return `${type}_COMMAND`;
}

/** Whether clients send it; all others are what the server says. */
export function isCommand({ name, title }: Pick<Message, 'name' | 'title'>): boolean {
  return name !== title;
}

function messageOf(name: string): { $ref: string } {
  return { $ref: `#/channels/chat/messages/${name}` };
}

function commandMessage(type: NativeCommand, types: Readonly<Record<string, Schema>>): Message {
  const { summary, description, examples } = COMMAND_TEXTS[type];
  const method = commandsOf(ChatGateway.prototype).find((each) => each.type === type);
  if (!method) throw new Error(`No method of the gateway is for ${type}`);
  return {
    name: commandName(type),
    title: type,
    summary,
    description,
    payload: withHead(type, method.command ? commandSchema(method.command, types) : {}),
    examples: examples.map((payload) => ({ payload })),
  };
}

function commandSchema(
  command: Parameters<typeof schemaOfClass>[0],
  types: Readonly<Record<string, Schema>>,
): Schema {
  const schema = schemaOfClass(command, types[command.name.replace(/Dto$/, 'Command')]);
  const { room, roomId, ...properties } = schema.properties ?? {};
  if (!room || !roomId) return schema;
  return {
    ...schema,
    properties: { room: { ...room, description: ROOM }, roomId, ...properties },
    required: schema.required?.filter((name) => name !== 'room') ?? [],
    anyOf: [{ required: ['room'] }, { required: ['roomId'] }],
  };
}

function withHead(type: string, { properties = {}, required = [], ...rest }: Schema): Schema {
  const head = { type: { const: type }, id: COMMAND_ID };
  return { ...rest, type: 'object', properties: { ...head, ...properties }, required: ['type', ...required] };
}

/** The types of frames, each with its schema; some interfaces are for two. */
function framesOf(types: Readonly<Record<string, Schema>>): [type: string, schema: Schema][] {
  const alternatives = (schema: Schema): Schema[] => {
    const name = nameOf(schema);
    const found = name === undefined ? schema : types[name]!;
    return found.anyOf ? found.anyOf.flatMap(alternatives) : [found];
  };
  return alternatives(types['ServerFrame']!).flatMap((schema) => {
    const { const: only, enum: several = [only] } = schema.properties!['type']!;
    return several.map((type): [string, Schema] => [type as string, schema]);
  });
}

function frameMessage(type: string, { description, ...schema }: Schema): Message {
  const id = REPLIES.has(type) ? { id: COMMAND_ID } : {};
  const payload = { ...schema, properties: { ...schema.properties, type: { const: type }, ...id } };
  const examples = FRAME_EXAMPLES[type as keyof typeof FRAME_EXAMPLES];
  return {
    name: type,
    title: type,
    description,
    payload,
    examples: examples.map((each) => ({ payload: each })),
  };
}
