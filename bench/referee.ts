import { join } from 'node:path';

/** Python with the peers' libraries; `npm run setup` installs it. */
export const python = join(import.meta.dirname, '..', '.cache', 'referee', 'bin', 'python');
