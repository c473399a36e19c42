import { api, type CallName } from '../../app/contract/api.ts';
import { commands } from './commands.ts';
import { type Option, optionsOf } from './schema.ts';

const width = 30;

/** The page of `prismap COMMAND --help`. */
export function commandHelp(name: CallName): string {
  const command = commands[name];
  const options = optionsOf(name);
  const words = command.positionals.map((field) => field.toUpperCase()).join(' ');
  const rows = options.filter((option) => !command.positionals.includes(option.field)).map(row);
  return [
    `prismap ${name}: ${api[name].summary}`,
    '',
    `Usage: prismap ${name}${words === '' ? '' : ` ${words}`} [OPTIONS]`,
    '',
    ...rows,
    '',
    `Example: ${command.example}`,
    '',
  ].join('\n');
}

function row(option: Option): string {
  const value = placeholder(option);
  const left = `  --${option.name}${value === '' ? '' : ` ${value}`}`;
  const notes = [
    option.description,
    option.choices.length > 0 ? `(${option.choices.join(' | ')})` : '',
    option.required ? '[needed]' : '',
    isWorthSaying(option.defaultValue) ? `[default ${String(option.defaultValue)}]` : '',
  ].filter((note) => note !== '');
  const gap = left.length < width ? left.padEnd(width) : `${left}\n${' '.repeat(width)}`;
  return gap + notes.join(' ');
}

function isWorthSaying(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

function placeholder(option: Option): string {
  switch (option.kind) {
    case 'flag':
      return '';
    case 'number':
      return 'N';
    case 'numbers':
      return option.length === 4 ? 'X Y WIDTH HEIGHT' : 'N '.repeat(option.length).trim();
    case 'pairs':
      return 'X Y …';
    case 'text':
    case 'texts':
      return option.choices.length > 0 ? 'NAME' : 'VALUE';
  }
}
