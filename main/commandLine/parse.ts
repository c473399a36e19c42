import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { api, type CallName } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { commands } from './commands.ts';
import { type Option, optionsOf } from './schema.ts';
import { suggestion } from './suggestion.ts';

/** What the user asked for. `input` has passed the schema of its call. */
export type Invocation = {
  readonly name: CallName;
  readonly input: unknown;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
};

const common = ['json', 'quiet', 'verbose'] as const;

/** The longest command name that the words begin with, and the words after it. */
export function splitCommand(words: readonly string[]): {
  name: CallName;
  rest: readonly string[];
} {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    if (words.length >= length && name in api)
      return { name: name as CallName, rest: words.slice(length) };
  }
  const given = words[0] ?? '';
  throw usage(
    `There is no command "${given}".${suggestion(given, Object.keys(api))} See "prismap --help".`,
  );
}

/**
 * Reads the words after a command. Values of `--config FILE` come first, those of the command line win.
 * @throws AppError `usage`
 */
export function parseInvocation(name: CallName, words: readonly string[]): Invocation {
  const options = optionsOf(name);
  const reader = new Reader(name, options, words);
  const given = reader.read();
  const fromFile = reader.config === undefined ? {} : readConfig(reader.config, options);
  const parsed = api[name].input.safeParse({ ...fromFile, ...given });
  if (!parsed.success)
    throw usage(parsed.error.issues.map((issue) => explain(issue, options)).join(' '));
  return { name, input: parsed.data, ...reader.flags };
}

class Reader {
  readonly flags = { json: false, quiet: false, verbose: false };
  config: string | undefined;
  readonly #options: readonly Option[];
  readonly #positionals: string[];
  readonly #words: string[];
  readonly #values: Record<string, unknown> = {};

  constructor(name: CallName, options: readonly Option[], words: readonly string[]) {
    this.#options = options;
    this.#positionals = [...commands[name].positionals];
    this.#words = words.flatMap((word) => {
      const equals = word.startsWith('--') ? word.indexOf('=') : -1;
      return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
    });
  }

  read(): Record<string, unknown> {
    while (this.#words.length > 0) {
      const word = this.#words.shift()!;
      if (word.startsWith('--')) this.#readOption(word.slice(2));
      else this.#readPositional(word);
    }
    return this.#values;
  }

  #readPositional(word: string): void {
    const field = this.#positionals.shift();
    if (field === undefined) throw usage(`"${word}" was not expected: options begin with "--".`);
    this.#values[field] = word;
  }

  #readOption(word: string): void {
    const flag = common.find((candidate) => candidate === word);
    if (flag !== undefined) {
      this.flags[flag] = true;
      return;
    }
    // `model run` has a --config of its own.
    if (word === 'config' && !this.#options.some((option) => option.name === word)) {
      this.config = this.#next(word);
      return;
    }
    const negated = word.startsWith('no-') ? word.slice(3) : undefined;
    const option = this.#options.find(
      (candidate) =>
        candidate.name === word || (candidate.kind === 'flag' && candidate.name === negated),
    );
    if (option === undefined) {
      const known = [
        ...this.#options.map((candidate) => candidate.name),
        ...common,
        'config',
        'help',
      ];
      throw usage(`There is no option "--${word}".${suggestion(word, known, '--')}`);
    }
    this.#values[option.field] =
      option.kind === 'flag' ? option.name === word : this.#value(option);
  }

  #value(option: Option): unknown {
    const earlier = this.#values[option.field];
    switch (option.kind) {
      case 'number':
        return this.#number(option.name);
      case 'numbers':
        return Array.from({ length: option.length }, () => this.#number(option.name));
      case 'texts':
        return [...((earlier as string[] | undefined) ?? []), this.#next(option.name)];
      case 'pairs': {
        const pairs = [...((earlier as number[][] | undefined) ?? [])];
        do pairs.push([this.#number(option.name), this.#number(option.name)]);
        while (this.#words.length > 0 && /^-?\d+$/.test(this.#words[0]!));
        return pairs;
      }
      case 'flag':
      case 'text':
        return this.#next(option.name);
    }
  }

  #number(name: string): number {
    const word = this.#next(name);
    const value = Number(word);
    if (word.trim() === '' || !Number.isFinite(value))
      throw usage(`--${name} needs a number, found "${word}".`);
    return value;
  }

  #next(name: string): string {
    const word = this.#words.shift();
    if (word === undefined || (word.startsWith('--') && word.length > 2))
      throw usage(`--${name} needs a value after it.`);
    return word;
  }
}

function readConfig(path: string, options: readonly Option[]): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseYaml(readFileSync(path, 'utf8'), { maxAliasCount: 100 });
  } catch (error) {
    throw usage(`The configuration ${path} could not be read (${(error as Error).message}).`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usage(
      `The configuration ${path} must hold option names and values, found ${Array.isArray(value) ? 'a list' : typeof value}.`,
    );
  }
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const option = options.find((candidate) => candidate.name === key || candidate.field === key);
    if (option === undefined) {
      throw usage(
        `${path} names an unknown option "${key}".${suggestion(
          key,
          options.map((candidate) => candidate.name),
        )}`,
      );
    }
    result[option.field] =
      option.kind === 'texts' && typeof entry === 'string' ? [entry] : (entry as unknown);
  }
  return result;
}

function explain(
  issue: {
    readonly path: readonly PropertyKey[];
    readonly message: string;
    readonly code?: string;
  },
  options: readonly Option[],
): string {
  const option = options.find((candidate) => candidate.field === issue.path[0]);
  const name = option === undefined ? issue.path.join('.') : `--${option.name}`;
  if (/received undefined/.test(issue.message))
    return `${name} is needed (${option?.description ?? 'see --help'}).`;
  return `${name}: ${issue.message}.`;
}

function usage(message: string): AppError {
  return new AppError('usage', message);
}
