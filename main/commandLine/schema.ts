import { z } from 'zod';
import { api, type CallName } from '../../app/contract/api.ts';

/** How the words after an option become its value. */
export type OptionKind = 'flag' | 'text' | 'number' | 'texts' | 'numbers' | 'pairs';

/** One command-line option, derived from a field of a call's input. */
export type Option = {
  /** Without dashes, e.g. `class-field`. */
  readonly name: string;
  /** Field of the input. */
  readonly field: string;
  readonly kind: OptionKind;
  /** Number of values that follow, for `numbers`. */
  readonly length: number;
  readonly description: string;
  readonly choices: readonly string[];
  readonly required: boolean;
  readonly defaultValue: unknown;
};

/** The part of JSON schema that our inputs use. */
type Schema = {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly {
    readonly const?: string | number | boolean;
    readonly type?: string;
  }[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly description?: string;
  readonly default?: unknown;
};

/** The options of a call, in the order of its schema. */
export function optionsOf(name: CallName): readonly Option[] {
  const schema = z.toJSONSchema(api[name].input, { io: 'input' }) as unknown as {
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(schema.properties ?? {}).map(([field, property]) => ({
    name: field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    field,
    kind: kindOf(property),
    length: property.prefixItems?.length ?? 1,
    description: property.description ?? '',
    choices: choicesOf(property),
    required: schema.required?.includes(field) ?? false,
    defaultValue: property.default,
  }));
}

function kindOf(schema: Schema): OptionKind {
  if (schema.type === 'boolean') return 'flag';
  if (schema.type === 'integer' || schema.type === 'number' || schema.anyOf !== undefined)
    return 'number';
  if (schema.type !== 'array') return 'text';
  if (schema.prefixItems !== undefined) return 'numbers';
  return schema.items?.type === 'array' ? 'pairs' : 'texts';
}

function choicesOf(schema: Schema): readonly string[] {
  if (schema.enum !== undefined) return schema.enum.map(String);
  return (schema.anyOf ?? []).flatMap((choice) =>
    choice.const === undefined ? [] : [String(choice.const)],
  );
}
