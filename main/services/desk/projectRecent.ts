import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../app/error.ts';
import { writeFileAtomic } from '../../atomicFile.ts';

const mostRecent = 20;

const recentFile = z.object({
  /** The project that is or was open last. */
  current: z.string().optional(),
  projects: z.array(z.object({ path: z.string(), opened: z.string() })),
});

type RecentFile = z.infer<typeof recentFile>;

/** Projects opened lately, in a small file of the data folder. A file that is missing or damaged is an empty list. */
export class RecentProjects {
  readonly #path: string;
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#folder = dataFolder;
    this.#path = join(dataFolder, 'recent.json');
  }

  async list(): Promise<{ path: string; name: string; opened: string; exists: boolean }[]> {
    const { projects } = await this.#read();
    return projects.map(({ path, opened }) => ({
      path,
      name: projectName(path),
      opened,
      exists: existsSync(path),
    }));
  }

  async current(): Promise<string | undefined> {
    return (await this.#read()).current;
  }

  /** Whether a project was open in this installation before. */
  async knows(path: string): Promise<boolean> {
    const { current, projects } = await this.#read();
    return current === path || projects.some((one) => one.path === path);
  }

  /** Notes which project is open; `listed`: also as one that was opened lately. */
  async note(path: string, listed: boolean): Promise<void> {
    const { projects } = await this.#read();
    const others = projects.filter((project) => project.path !== path);
    const first = listed ? [{ path, opened: new Date().toISOString() }] : [];
    await this.#write({ current: path, projects: [...first, ...others].slice(0, mostRecent) });
  }

  async forget(path: string): Promise<void> {
    const { current, projects } = await this.#read();
    await this.#write({
      ...(current === path || current === undefined ? {} : { current }),
      projects: projects.filter((project) => project.path !== path),
    });
  }

  async #read(): Promise<RecentFile> {
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    try {
      return recentFile.parse(JSON.parse(text));
    } catch {
      return { projects: [] };
    }
  }

  async #write(value: RecentFile): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFileAtomic(this.#path, `${JSON.stringify(value, undefined, 2)}\n`);
    } catch (error) {
      // a convenience: no edit and no opening fails because its list cannot be written
      if (!(error instanceof AppError) && !isSystemError(error)) throw error;
    }
  }
}

const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** Name of a project as its window shows it. */
export function projectName(path: string): string {
  const name = basename(path).replace(/\.gpkg$/i, '');
  return name.startsWith(unnamedPrefix) ? 'Untitled' : name;
}

/** Begins the file name of every project that the user has not named. */
export const unnamedPrefix = 'untitled-';
