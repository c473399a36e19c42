import type { ServedDesk } from './servedDesk.ts';

/** What attacks find: a served desk that runs, and folders around it. */
export type Target = ServedDesk & {
  /** Of the program: logs, uploads, unnamed projects. */
  readonly data: string;
  /** The one folder that was named at the start. */
  readonly root: string;
  /** Beside it; nothing in it may be read or written. */
  readonly outside: string;
};

/** One attack of the list: its number, what it tries, and the test that it does not succeed. */
export type Attack = readonly [
  number: number,
  name: string,
  attempt: (target: Target) => Promise<void>,
];
