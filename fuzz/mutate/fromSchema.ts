import type { Random } from '../../app/random.ts';
import { pick } from './bytes.ts';

/** The part of JSON schema that describes the inputs of calls. */
export type JsonSchema = {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
};

const texts = ['a', 'EPSG:32633', 'scene.tif', '/data/scene.tif', 'file:x', 'train', 'id-1', 'B1'];
const deepest = 8;

/** A value that most often meets a schema. */
export function valueOf(schema: JsonSchema, random: Random, depth = 0): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(schema.enum, random);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return valueOf(pick(choices, random), random, depth);
  if (depth > deepest) return null;
  switch (schema.type) {
    case 'object':
      return objectOf(schema, random, depth + 1);
    case 'array':
      return listOf(schema, random, depth + 1);
    case 'string':
      return pick(texts, random);
    case 'boolean':
      return random.integer(2) === 0;
    case 'integer':
    case 'number':
      return numberOf(schema, random);
    default:
      return null;
  }
}

function objectOf(schema: JsonSchema, random: Random, depth: number): Record<string, unknown> {
  const wanted = Object.entries(schema.properties ?? {}).filter(
    ([key]) => schema.required?.includes(key) === true || random.integer(3) === 0,
  );
  return Object.fromEntries(wanted.map(([key, one]) => [key, valueOf(one, random, depth)]));
}

function listOf(schema: JsonSchema, random: Random, depth: number): unknown[] {
  if (schema.prefixItems !== undefined)
    return schema.prefixItems.map((one) => valueOf(one, random, depth));
  const length = Math.max(schema.minItems ?? 0, random.integer(3));
  return Array.from({ length }, () => valueOf(schema.items ?? {}, random, depth));
}

function numberOf(schema: JsonSchema, random: Random): number {
  const least = schema.minimum ?? (schema.exclusiveMinimum ?? -1) + 1;
  const most = Math.min(schema.maximum ?? least + 9, least + 9);
  const value = least + random.uniform() * (most - least);
  return schema.type === 'integer' ? Math.floor(value) : value;
}
