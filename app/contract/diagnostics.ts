import { z } from 'zod';
import { call } from './call.ts';
import { uri } from './common.ts';
import { summaries } from './summaries.ts';

export const diagnostics = call(
  summaries.diagnostics,
  z.strictObject({ out: uri.describe('zip to write') }),
  z.object({ file: z.string(), files: z.array(z.string()) }),
);
