// The opcodes that PyTorch's checkpoints consist of (CPython, Lib/pickletools.py). Left out: text opcodes of protocol 0 and 1,
// INST and OBJ, the extension registry (EXT), PERSID, and buffers outside the pickle.
import { limits } from './limits.ts';
import type { PickleMachine } from './pickleMachine.ts';
import { isKind, type PickleList, type PickleValue } from './values.ts';

export type Handler = (machine: PickleMachine) => void;

type Row = readonly [opcode: string | number, handler: Handler];

const constants: readonly Row[] = [
  ['N', (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
];

const numbers: readonly Row[] = [
  ['K', (m) => m.push(m.byte())], // BININT1
  ['M', (m) => m.push(m.take(2).readUInt16LE())], // BININT2
  ['J', (m) => m.push(m.take(4).readInt32LE())], // BININT
  ['G', (m) => m.push(m.take(8).readDoubleBE())], // BINFLOAT
  [0x8a, (m) => m.push(wholeNumber(m.take(m.length(1, limits.integerBytes))))], // LONG1
  [0x8b, (m) => m.push(wholeNumber(m.take(m.length(4, limits.integerBytes))))], // LONG4
];

const texts: readonly Row[] = [
  ['X', (m) => m.push(text(m, 4))], // BINUNICODE
  [0x8c, (m) => m.push(text(m, 1))], // SHORT_BINUNICODE
  [0x8d, (m) => m.push(text(m, 8))], // BINUNICODE8
  // Strings of Python 2: PyTorch reads them as text.
  ['U', (m) => m.push(text(m, 1))], // SHORT_BINSTRING
  ['T', (m) => m.push(text(m, 4))], // BINSTRING
  ['C', (m) => m.push(data(m, 1))], // SHORT_BINBYTES
  ['B', (m) => m.push(data(m, 4))], // BINBYTES
  [0x8e, (m) => m.push(data(m, 8))], // BINBYTES8
  [0x96, (m) => m.push(data(m, 8))], // BYTEARRAY8
];

const containers: readonly Row[] = [
  ['(', (m) => m.mark()], // MARK
  [']', (m) => m.push(m.contain({ kind: 'list', items: [] }))], // EMPTY_LIST
  ['}', (m) => m.push(m.contain({ kind: 'dict' }))], // EMPTY_DICT
  [0x8f, (m) => m.push(m.contain({ kind: 'set', items: [] }))], // EMPTY_SET
  [')', (m) => m.push(m.contain(tuple([])))], // EMPTY_TUPLE
  ['t', (m) => m.push(m.contain(tuple(m.popMark())))], // TUPLE
  [0x85, (m) => pushTuple(m, 1)], // TUPLE1
  [0x86, (m) => pushTuple(m, 2)], // TUPLE2
  [0x87, (m) => pushTuple(m, 3)], // TUPLE3
  [0x91, (m) => m.push(m.contain({ kind: 'set', items: m.popMark() }))], // FROZENSET
  ['a', (m) => append(m, [m.pop()])], // APPEND
  ['e', (m) => append(m, m.popMark())], // APPENDS
  [0x90, (m) => append(m, m.popMark())], // ADDITEMS
  ['s', (m) => setItems(m, [m.pop(), m.pop()].reverse())], // SETITEM
  ['u', (m) => setItems(m, m.popMark())], // SETITEMS
  ['0', (m) => void m.pop()], // POP
  ['1', (m) => void m.popMark()], // POP_MARK
  ['2', (m) => m.push(m.top())], // DUP
];

const memo: readonly Row[] = [
  ['q', (m) => m.remember(m.byte())], // BINPUT
  ['r', (m) => m.remember(m.take(4).readUInt32LE())], // LONG_BINPUT
  [0x94, (m) => m.remember(m.memo.size)], // MEMOIZE
  ['h', (m) => m.recall(m.byte())], // BINGET
  ['j', (m) => m.recall(m.take(4).readUInt32LE())], // LONG_BINGET
];

const objects: readonly Row[] = [
  ['c', (m) => m.push(m.meaning.global(m.line(), m.line()))], // GLOBAL
  [0x93, stackGlobal], // STACK_GLOBAL
  ['R', call], // REDUCE
  [0x81, call], // NEWOBJ
  ['b', build], // BUILD
  ['Q', (m) => m.push(m.contain(m.meaning.persistent(m.pop())))], // BINPERSID
];

const frame: readonly Row[] = [
  [0x80, protocol], // PROTO
  [0x95, (m) => void m.take(8)], // FRAME: a hint for readers that read ahead
  [
    '.', // STOP
    (m) => {
      m.stopped = true;
    },
  ],
];

/** By opcode; undefined where it is not read. */
export const handlers: readonly (Handler | undefined)[] = table();

function table(): (Handler | undefined)[] {
  const result = new Array<Handler | undefined>(256).fill(undefined);
  for (const rows of [constants, numbers, texts, containers, memo, objects, frame])
    for (const [opcode, handler] of rows)
      result[typeof opcode === 'string' ? opcode.charCodeAt(0) : opcode] = handler;
  return result;
}

function protocol(m: PickleMachine): void {
  const version = m.byte();
  if (version < 2 || version > 5)
    throw m.refuse(`its pickle is of protocol ${version}, not of 2 to 5`);
}

/** Two's complement, little-endian; a bigint where a number would round. */
function wholeNumber(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  const value = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  const signed = BigInt.asIntN(bytes.length * 8, value);
  const rounded = Number(signed);
  return Number.isSafeInteger(rounded) ? rounded : signed;
}

const text = (m: PickleMachine, fieldBytes: 1 | 4 | 8): string =>
  m.take(m.length(fieldBytes, limits.stringBytes)).toString('utf8');

/** A copy: a view would keep the whole pickle alive. */
const data = (m: PickleMachine, fieldBytes: 1 | 4 | 8): Uint8Array =>
  m.contain(new Uint8Array(m.take(m.length(fieldBytes, limits.stringBytes))));

const tuple = (items: readonly PickleValue[]): PickleList => ({ kind: 'tuple', items });

function pushTuple(m: PickleMachine, length: number): void {
  const items = Array.from({ length }, () => m.pop()).reverse();
  m.push(m.contain(tuple(items)));
}

function append(m: PickleMachine, items: readonly PickleValue[]): void {
  const target = m.top();
  if (!isKind(target, 'list', 'set', 'record'))
    throw m.refuse('its pickle appends to what is no list');
  // A list is readonly to all but this machine, which fills it.
  const list = (isKind(target, 'record') ? (target.items ??= []) : target.items) as PickleValue[];
  for (const item of items) list.push(item);
}

function setItems(m: PickleMachine, items: readonly PickleValue[]): void {
  const target = m.top();
  if (!isKind(target, 'dict', 'record') || items.length % 2 !== 0)
    throw m.refuse('its pickle sets entries of what is no dictionary');
  target.entries ??= new Map();
  for (let i = 0; i < items.length; i += 2) target.entries.set(items[i]!, items[i + 1]!);
}

function stackGlobal(m: PickleMachine): void {
  const name = m.pop();
  const module = m.pop();
  if (typeof module !== 'string' || typeof name !== 'string')
    throw m.refuse('its pickle names a class by something else than text');
  if (module.length + name.length > limits.nameLength)
    throw m.refuse('its pickle has an endless name');
  m.push(m.meaning.global(module, name));
}

function call(m: PickleMachine): void {
  const args = m.pop();
  const callee = m.pop();
  if (!isKind(callee, 'global') || !isKind(args, 'tuple'))
    throw m.refuse('its pickle calls what is no class');
  m.push(m.contain(m.meaning.call(callee, args.items)));
}

/** The state of an object: kept for a record, without meaning for a dictionary (`_metadata` of PyTorch's state dicts). */
function build(m: PickleMachine): void {
  const state = m.pop();
  const target = m.top();
  if (isKind(target, 'record')) target.state = state;
  else if (!isKind(target, 'dict')) throw m.refuse('its pickle changes what is no object');
}
