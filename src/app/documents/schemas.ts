// JSON Schemas of what travels: of what is sent to us by the decorators that check it, of what we say by its types.
import { fileURLToPath } from 'node:url';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import { createGenerator } from 'ts-json-schema-generator';
import type { CheckedClass } from '../../core/member-check.js';
import { ROOM_ID } from '../../protocol/room.js';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
}

type ClassSchemaOptions = Required<NonNullable<Parameters<typeof targetConstructorToSchema>[1]>>;

/** Where both documents keep their schemas. */
const PLACE = '#/components/schemas/';
/** The types of what the server says, and of commands, whose members' comments describe those of their classes. */
const SOURCES = '../../../src/{protocol/{frames,commands,position},http/{answers,requests}}.ts';

/** What the checks of core/validators.ts let through. */
const CONVERTERS: ClassSchemaOptions['additionalConverters'] = {
  isRoomId: { type: 'string', pattern: ROOM_ID.source },
  isPosition: () => ({ $ref: `${PLACE}ClaimedPosition` }),
  isSender: () => ({ $ref: `${PLACE}Sender` }),
};

export function referenceTo(name: string): Schema {
  return { $ref: PLACE + name };
}

/** The name of the schema that this one refers to, if it does. */
export function nameOf({ $ref }: Schema): string | undefined {
  return $ref?.slice(PLACE.length);
}

/** All schemas of types, by their names. To be asked once: it takes the compiler a second. */
export function schemasOfTypes(): Record<string, Schema> {
  const generator = createGenerator({
    path: fileURLToPath(new URL(SOURCES, import.meta.url)),
    tsconfig: fileURLToPath(new URL('../../../tsconfig.json', import.meta.url)),
    type: '*',
    jsDoc: 'extended',
    encodeRefs: false,
    skipTypeCheck: true,
    additionalProperties: true,
  });
  const text = JSON.stringify(generator.createSchema('*').definitions)
    .replaceAll('#/definitions/', PLACE)
    // All numbers of the protocol are integers, for which TypeScript has no word.
    .replaceAll('"type":"number"', '"type":"integer"');
  return JSON.parse(text) as Record<string, Schema>;
}

/**
 * What a class with decorators lets through.
 *
 * @param described schemas which have descriptions for its members
 */
export function schemaOfClass(checked: CheckedClass, ...described: (Schema | undefined)[]): Schema {
  const schema = targetConstructorToSchema(checked, { additionalConverters: CONVERTERS }) as Schema;
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const description = described.map((each) => each?.properties?.[name]?.description).find(Boolean);
    return [name, description === undefined ? property : { ...property, description }];
  });
  return { ...schema, properties: Object.fromEntries(properties) as Record<string, Schema> };
}

/** Those schemas which `value` refers to, directly or not. */
export function referredTo(value: unknown, all: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  const look = (text: string): void => {
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name in found) continue;
      const schema = all[name];
      if (!schema) throw new Error(`There is no schema ${name}`);
      found[name] = schema;
      look(JSON.stringify(schema));
    }
  };
  look(JSON.stringify(value));
  return found;
}
