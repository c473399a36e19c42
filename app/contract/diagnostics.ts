import { z } from 'zod';
import { call } from './call.ts';
import { uri } from './common.ts';

export const diagnostics = call(
  'writes a zip that helps to find a fault: machine, engine and logs, without private data',
  z.strictObject({ out: uri.describe('zip to write') }),
  z.object({ file: z.string(), files: z.array(z.string()) }),
);
