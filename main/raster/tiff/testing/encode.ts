// Plain encoders for the tests: LZW of both ages and PackBits, as the TIFF specification describes them.

/** LZW of TIFF 6.0. */
export function encodeLzw(input: Uint8Array, old = false): Uint8Array {
  const bytes: number[] = [];
  let bits = 0n;
  let held = 0n;
  const put = (code: number, width: number): void => {
    if (old) bits |= BigInt(code) << held;
    else bits = (bits << BigInt(width)) | BigInt(code);
    held += BigInt(width);
    while (held >= 8n) {
      if (old) {
        bytes.push(Number(bits & 255n));
        bits >>= 8n;
      } else {
        bytes.push(Number((bits >> (held - 8n)) & 255n));
        bits &= (1n << (held - 8n)) - 1n;
      }
      held -= 8n;
    }
  };
  // The width grows one code early in the new form.
  const early = old ? 0 : 1;
  let width = 9;
  let table = new Map<string, number>();
  let next = 258;
  put(256, width);
  let prefix = '';
  const codeOf = (text: string): number =>
    text.length === 1 ? text.charCodeAt(0) : table.get(text)!;
  for (const byte of input) {
    const longer = prefix + String.fromCharCode(byte);
    if (longer.length === 1 || table.has(longer)) {
      prefix = longer;
      continue;
    }
    put(codeOf(prefix), width);
    table.set(longer, next++);
    if (next + early > 2 ** width && width < 12) width++;
    if (next >= 4094) {
      put(256, width);
      table = new Map();
      next = 258;
      width = 9;
    }
    prefix = String.fromCharCode(byte);
  }
  if (prefix !== '') {
    put(codeOf(prefix), width);
    if (next + 1 + early > 2 ** width && width < 12) width++;
  }
  put(257, width);
  if (held > 0n) bytes.push(Number(old ? bits & 255n : (bits << (8n - held)) & 255n));
  return Uint8Array.from(bytes);
}

/** PackBits: runs of three or more as runs, the rest as literals. */
export function encodePackBits(input: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < input.length; ) {
    let run = 1;
    while (run < 128 && at + run < input.length && input[at + run] === input[at]) run++;
    if (run >= 3) {
      bytes.push(257 - run, input[at]!);
      at += run;
      continue;
    }
    const start = at;
    const same = (i: number): boolean => input[i] === input[i + 1] && input[i] === input[i + 2];
    while (at < input.length && at - start < 128 && !(at + 2 < input.length && same(at))) at++;
    bytes.push(at - start - 1, ...input.subarray(start, at));
  }
  return Uint8Array.from(bytes);
}
