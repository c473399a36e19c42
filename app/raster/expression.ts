import { type AppError, phraseError } from '../error.ts';
import { type Phrase, phrase } from '../phrase.ts';

/** Band arithmetic, e.g. a spectral index. Bands are numbers from 0. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'band'; readonly band: number }
  | { readonly kind: 'negate'; readonly of: Expression }
  | {
      readonly kind: 'operation';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'call';
      readonly name: FunctionName;
      readonly arguments: readonly Expression[];
    };

export type Operator = '+' | '-' | '*' | '/' | '^';

/** Functions by their number of arguments. `log` is the natural logarithm. */
const functions = { sqrt: 1, log: 1, log10: 1, exp: 1, abs: 1, min: 2, max: 2 } as const;
export type FunctionName = keyof typeof functions;

/** Longest text and deepest nesting that are read. */
const limits = { characters: 2000, depth: 100 } as const;

type Named = { readonly name: string };

/**
 * Reads band arithmetic: numbers, `+ - * / ^`, parentheses, `sqrt log log10 exp abs min max`, and bands by name. A name that is
 * no plain word is written between backticks. `b4` is the fourth band; `B4` also finds `B04` and, where no band is called so,
 * the fourth. `^` binds tightest and from the right, then the sign, then `* /`, then `+ -`.
 * @throws AppError `usage` saying where it cannot be read
 */
export function parseExpression(text: string, bands: readonly Named[]): Expression {
  if (text.length > limits.characters)
    throw phraseError('usage', [
      phrase('The expression is longer than {most} characters.', { most: limits.characters }),
    ]);
  const expression = new Parser(tokensOf(text), bands, text.length).whole();
  if (bandsOfExpression(expression).length > 0) return expression;
  throw phraseError('usage', [phrase('The expression names no band, e.g. b1.')]);
}

/** The bands of an expression, each once, in the order in which it names them. */
export function bandsOfExpression(expression: Expression): readonly number[] {
  const bands = new Set<number>();
  const visit = (part: Expression): void => {
    if (part.kind === 'band') bands.add(part.band);
    else if (part.kind === 'negate') visit(part.of);
    else if (part.kind === 'call') part.arguments.forEach(visit);
    else if (part.kind === 'operation') [part.left, part.right].forEach(visit);
  };
  visit(expression);
  return [...bands];
}

type Token = {
  readonly kind: 'number' | 'name' | 'quoted' | 'symbol';
  readonly text: string;
  /** From 1. */
  readonly at: number;
};

function tokensOf(text: string): Token[] {
  const pattern =
    /\s+|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|`(?<quoted>[^`]*)`|(?<symbol>[-+*/^(),])/uy;
  const tokens: Token[] = [];
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(text);
    if (groups === null)
      throw unreadable(
        phrase('"{what}" is not understood.', { what: [...text.slice(at)][0]! }),
        at + 1,
      );
    for (const kind of ['number', 'name', 'quoted', 'symbol'] as const) {
      const found = groups.groups?.[kind];
      if (found !== undefined) tokens.push({ kind, text: found, at: at + 1 });
    }
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #bands: readonly Named[];
  readonly #end: number;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], bands: readonly Named[], length: number) {
    this.#tokens = tokens;
    this.#bands = bands;
    this.#end = length + 1;
  }

  whole(): Expression {
    const expression = this.#sum();
    const rest = this.#tokens[this.#next];
    if (rest === undefined) return expression;
    throw unreadable(phrase('"{what}" does not belong there.', { what: rest.text }), rest.at);
  }

  #sum(): Expression {
    let left = this.#product();
    for (let sign = this.#take('+', '-'); sign !== undefined; sign = this.#take('+', '-'))
      left = { kind: 'operation', operator: sign as Operator, left, right: this.#product() };
    return left;
  }

  #product(): Expression {
    let left = this.#signed();
    for (let sign = this.#take('*', '/'); sign !== undefined; sign = this.#take('*', '/'))
      left = { kind: 'operation', operator: sign as Operator, left, right: this.#signed() };
    return left;
  }

  #signed(): Expression {
    return this.#nested(() => {
      const sign = this.#take('-', '+');
      if (sign === '+') return this.#signed();
      return sign === '-' ? { kind: 'negate', of: this.#signed() } : this.#power();
    });
  }

  #power(): Expression {
    const left = this.#operand();
    if (this.#take('^') === undefined) return left;
    return { kind: 'operation', operator: '^', left, right: this.#signed() };
  }

  #operand(): Expression {
    const token = this.#tokens[this.#next++];
    if (token === undefined) throw unreadable(phrase('A band or a number is missing.'), this.#end);
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'quoted') return this.#band(token);
    if (token.kind === 'name')
      return this.#tokens[this.#next]?.text === '(' ? this.#call(token) : this.#band(token);
    if (token.text !== '(')
      throw unreadable(
        phrase('"{what}" stands where a band should.', { what: token.text }),
        token.at,
      );
    const inner = this.#sum();
    this.#expect(')');
    return inner;
  }

  #call(token: Token): Expression {
    const name = token.text.toLowerCase();
    if (!Object.hasOwn(functions, name))
      throw unreadable(
        phrase('There is no function {name} (there are {names}).', {
          name: token.text,
          names: Object.keys(functions).join(', '),
        }),
        token.at,
      );
    this.#expect('(');
    const given = [this.#sum()];
    while (this.#take(',') !== undefined) given.push(this.#sum());
    this.#expect(')');
    const wanted = functions[name as FunctionName];
    if (given.length !== wanted)
      throw unreadable(
        wanted === 1
          ? phrase('{name} takes one value.', { name })
          : phrase('{name} takes two values.', { name }),
        token.at,
      );
    return { kind: 'call', name: name as FunctionName, arguments: given };
  }

  #band({ text, at }: Token): Expression {
    const band = findBand(text, this.#bands);
    if (band !== undefined) return { kind: 'band', band };
    const names = this.#bands.map(({ name }) => name);
    const some = names.length > 12 ? [...names.slice(0, 11), '…'] : names;
    throw unreadable(
      phrase('There is no band {name} (there are {names}).', {
        name: text,
        names: some.join(', '),
      }),
      at,
    );
  }

  #take(...symbols: readonly string[]): string | undefined {
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'symbol' || !symbols.includes(token.text)) return undefined;
    this.#next += 1;
    return token.text;
  }

  #expect(symbol: string): void {
    if (this.#take(symbol) !== undefined) return;
    const found = this.#tokens[this.#next];
    throw unreadable(phrase('"{what}" is missing.', { what: symbol }), found?.at ?? this.#end);
  }

  #nested(read: () => Expression): Expression {
    this.#depth += 1;
    if (this.#depth > limits.depth)
      throw unreadable(
        phrase('It is nested too deeply.'),
        this.#tokens[this.#next]?.at ?? this.#end,
      );
    const expression = read();
    this.#depth -= 1;
    return expression;
  }
}

/** The band of a name: as it is written, as Sentinel-2 writes it (`B4` for `B04`), as a number (`b4`), else whatever its case. */
function findBand(name: string, bands: readonly Named[]): number | undefined {
  const padded = name.replace(/^B(\d)(?!\d)/, 'B0$1');
  for (const wanted of [name, padded]) {
    const exact = bands.findIndex((band) => band.name === wanted);
    if (exact >= 0) return exact;
  }
  const number = Number(/^b(\d{1,5})$/i.exec(name)?.[1] ?? 0);
  if (number >= 1 && number <= bands.length) return number - 1;
  const lower = name.toLowerCase();
  const same = bands.findIndex((band) => band.name.toLowerCase() === lower);
  return same < 0 ? undefined : same;
}

const unreadable = (what: Phrase, at: number): AppError =>
  phraseError('usage', [what, phrase('See character {at} of the expression.', { at })], { at });
