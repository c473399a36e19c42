import { z } from 'zod';
import { call } from '../call.ts';
import { uri } from '../common.ts';

/** What a file seems to be, by its name alone; `scene` and `model` may be folders too. */
export const fileKind = z.enum([
  'folder',
  'scene',
  'vector',
  'project',
  'model',
  'weights',
  'other',
]);
export type FileKind = z.infer<typeof fileKind>;

export const fileCalls = {
  'diagnostics.write': call(
    'writes an archive for whoever is to find a fault, without private data, into the data folder',
    z.strictObject({}),
    z.object({ file: z.string(), files: z.array(z.string()) }),
  ),
  'files.list': call(
    'entries of a folder inside those that the user allowed; without a folder, those folders',
    z.strictObject({ folder: uri.optional() }),
    z.object({
      folder: z.string().optional(),
      /** Absent at the top of an allowed folder: go back to the list of them. */
      parent: z.string().optional(),
      /** Folders first, then by name. At most 5,000. */
      entries: z.array(
        z.object({
          name: z.string(),
          path: z.string(),
          kind: fileKind,
          bytes: z.number().optional(),
          /** ISO 8601. */
          modified: z.string().optional(),
        }),
      ),
      /** More entries than are listed. */
      truncated: z.boolean().optional(),
    }),
  ),
} as const;
