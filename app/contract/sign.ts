import { z } from 'zod';
import { call } from './call.ts';
import { uri } from './common.ts';
import { summaries } from './summaries.ts';

const record = uri.describe(
  'record of a run: MAP.tif.json, the map itself, the folder of a model; or a folder whose records are all meant',
);

export const keyCreate = call(
  summaries['key create'],
  z.strictObject({ file: uri.describe('private key to write; the public one becomes FILE.pub') }),
  z.object({ privateKey: z.string(), publicKey: z.string(), fingerprint: z.string() }),
);

export const sign = call(
  summaries.sign,
  z.strictObject({
    manifest: record,
    key: uri.describe('private key (PEM); the passphrase of one is taken from PRISMAP_PASSPHRASE'),
  }),
  z.object({ fingerprint: z.string(), signatures: z.array(z.string()) }),
);

export const verify = call(
  summaries.verify,
  z.strictObject({ manifest: record, key: uri.describe('public key (PEM) of who signed') }),
  z.object({
    fingerprint: z.string(),
    /** Records whose signature holds. */
    verified: z.array(z.object({ manifest: z.string(), outputs: z.array(z.string()) })),
  }),
);
