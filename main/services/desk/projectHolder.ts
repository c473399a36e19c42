import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ProjectState } from '../../../app/contract/desk/project.ts';
import type { DeskEvent } from '../../../app/contract/deskApi.ts';
import { AppError } from '../../../app/error.ts';
import type { Edit, Sketch } from '../../../app/project/rows.ts';
import { ProjectFile, type ProjectFormat } from '../../store/projectFile.ts';
import { spatialReference } from '../../vector/geoPackageWriter.ts';
import { qmlOf } from '../../vector/qmlWriter.ts';
import { projectName, RecentProjects, unnamedPrefix } from './projectRecent.ts';

const format: ProjectFormat = {
  systemOf: (crs) => {
    try {
      return spatialReference(crs);
    } catch (error) {
      // the ROIs can be drawn and trained on all the same; only other programs do not know where they lie
      if (error instanceof AppError && error.code === 'unknown-crs')
        return spatialReference(undefined);
      throw error;
    }
  },
  styleOf: qmlOf,
};

/** Told when the project is about to be closed, when another one has been opened, and when the same goes on in a new file. */
export type ProjectListener = {
  readonly closing: () => Promise<void>;
  /** `known`: it was open in this installation before, so that its jobs are those of its user. */
  readonly opened: (file: ProjectFile, known: boolean) => void;
  readonly moved: (file: ProjectFile) => void;
};

/** Edits of which the answer may still be asked for again: one a window at a time. */
const mostRemembered = 256;

type HolderOptions = {
  readonly dataFolder: string;
  readonly emit: (event: DeskEvent) => void;
};

/** The project that is open now, shared by all windows of this host: exactly one once it was asked for. */
export class ProjectHolder {
  readonly #options: HolderOptions;
  readonly #recent: RecentProjects;
  readonly #listeners: ProjectListener[] = [];
  #file: ProjectFile | undefined;
  /** Edits of this host are told from those of one that ran before, which had smaller numbers. */
  #revision = Math.floor(Date.now() / 1000);
  /** The last edits by their tokens, with their revisions. */
  readonly #done = new Map<string, number>();
  #listed = false;
  #disposed = false;
  /** Opening and closing happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: HolderOptions) {
    this.#options = options;
    this.#recent = new RecentProjects(options.dataFolder);
  }

  listen(listener: ProjectListener): void {
    this.#listeners.push(listener);
  }

  recent(): ReturnType<RecentProjects['list']> {
    return this.#recent.list();
  }

  /** The open project; the one of the last session where that is unfinished, else a new one. */
  file(): Promise<ProjectFile> {
    return this.#inTurn(() => this.#opened());
  }

  state(): Promise<ProjectState> {
    return this.#inTurn(async () => this.#stateOf(await this.#opened()));
  }

  #stateOf(file: ProjectFile): ProjectState {
    const { tables, leftOut } = file.load();
    const { sketch } = file;
    return {
      ...(this.#isUnnamed(file.path) ? {} : { path: file.path }),
      name: projectName(file.path),
      folder: this.folderOf(file),
      tables,
      ...(sketch === undefined ? {} : { sketch }),
      recovered: file.recovered,
      ...(file.readOnly ? { readOnly: true } : {}),
      ...(leftOut === 0 ? {} : { warnings: [leftOutMessage(leftOut)] }),
      revision: this.#revision,
    };
  }

  /** Folder of maps and models. */
  folderOf({ path }: ProjectFile): string {
    const name = basename(path).replace(/\.gpkg$/i, '');
    return this.#isUnnamed(path)
      ? join(this.#options.dataFolder, 'projects', name)
      : join(dirname(path), `${name}-files`);
  }

  startNew(): Promise<ProjectFile> {
    return this.#inTurn(async () => this.#replace(await this.#createUnnamed()));
  }

  open(path: string, readOnly: boolean): Promise<ProjectFile> {
    return this.#inTurn(async () => {
      const found = await realpath(path).catch(() => resolve(path));
      if (this.#file?.path === found && this.#file.readOnly === readOnly) return this.#file;
      // the same file, to be opened otherwise: two connections of one host would see each other as strangers
      if (this.#file?.path === found) await this.#close();
      return this.#replace(ProjectFile.open(found, format, readOnly));
    });
  }

  /** Copies the open project to a file and goes on there. */
  saveAs(path: string, overwrite: boolean): Promise<ProjectFile> {
    const wanted = resolve(/\.gpkg$/i.test(path) ? path : `${path}.gpkg`);
    return this.#inTurn(async () => {
      const file = await this.#opened();
      const found = await realpath(wanted).catch(() => wanted);
      if (file.path === found && !file.readOnly) return file;
      if (existsSync(found) && !overwrite)
        throw new AppError(
          'not-writable',
          `${found} exists already. Choose another name, or replace it.`,
          {
            path: found,
            exists: true,
          },
        );
      await file.copyTo(found);
      const next = ProjectFile.open(found, format);
      for (const listener of this.#listeners) listener.moved(next);
      file.close();
      if (this.#isUnnamed(file.path)) await this.#remove(file.path);
      return this.#use(next);
    });
  }

  /** @param token an edit that was done under it before is not done again */
  apply(edit: Edit, token?: string): Promise<number> {
    return this.#inTurn(async () => {
      const before = this.#done.get(token ?? '');
      if (before !== undefined) return before;
      const revision = await this.#applyTo(await this.#opened(), edit);
      if (token !== undefined) this.#remember(token, revision);
      return revision;
    });
  }

  #remember(token: string, revision: number): void {
    this.#done.set(token, revision);
    const [oldest] = this.#done.keys();
    if (this.#done.size > mostRemembered && oldest !== undefined) this.#done.delete(oldest);
  }

  async #applyTo(file: ProjectFile, edit: Edit): Promise<number> {
    try {
      file.apply(edit);
    } catch (error) {
      if (error instanceof AppError && error.code === 'conflict') this.#announce();
      throw error;
    }
    this.#revision += 1;
    this.#announce();
    if (!this.#listed) {
      this.#listed = true;
      await this.#recent.note(file.path, true);
    }
    return this.#revision;
  }

  setSketch(sketch: Sketch | undefined): Promise<void> {
    return this.#inTurn(async () => {
      (await this.#opened()).sketch = sketch;
    });
  }

  dispose(): Promise<void> {
    return this.#inTurn(async () => {
      this.#disposed = true;
      await this.#close();
    });
  }

  /** After the answer to the call that changed something, so that its own window knows the revision before the event. */
  #announce(): void {
    const revision = this.#revision;
    setImmediate(() => this.#options.emit({ kind: 'project', revision }));
  }

  async #opened(): Promise<ProjectFile> {
    if (this.#disposed) throw new AppError('cancelled', 'Prismap is closing.');
    if (this.#file !== undefined) return this.#file;
    return this.#replace((await this.#unfinished()) ?? (await this.#createUnnamed()));
  }

  async #replace(file: ProjectFile): Promise<ProjectFile> {
    await this.#close();
    const known = this.#isUnnamed(file.path) || (await this.#recent.knows(file.path));
    for (const listener of this.#listeners) listener.opened(file, known);
    return this.#use(file);
  }

  async #use(file: ProjectFile): Promise<ProjectFile> {
    this.#file = file;
    this.#revision += 1;
    // an unnamed project is worth a line in the list once something is in it
    this.#listed = !this.#isUnnamed(file.path) || !file.isEmpty();
    this.#announce();
    await this.#recent.note(file.path, this.#listed);
    return file;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    for (const listener of this.#listeners) await listener.closing();
    this.#file = undefined;
    const discard = this.#isUnnamed(file.path) && file.isEmpty();
    file.close();
    if (discard) await this.#remove(file.path);
  }

  async #remove(path: string): Promise<void> {
    for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
    await this.#recent.forget(path);
  }

  async #createUnnamed(): Promise<ProjectFile> {
    const folder = join(this.#options.dataFolder, 'unnamed');
    await mkdir(folder, { recursive: true });
    const time = new Date().toISOString().replace(/[-:]|\..*/g, '');
    const name = `${unnamedPrefix}${time}-${randomBytes(3).toString('hex')}.gpkg`;
    return ProjectFile.create(join(await realpath(folder), name), format);
  }

  /** The project of the last session, where it did not end by itself or never got a name. */
  async #unfinished(): Promise<ProjectFile | undefined> {
    const path = await this.#recent.current();
    if (path === undefined || !existsSync(path)) return undefined;
    let file: ProjectFile;
    try {
      file = ProjectFile.open(path, format);
    } catch (error) {
      // in use by another window's host, or damaged: the list of recent projects still names it
      if (error instanceof AppError) return undefined;
      throw error;
    }
    if (file.recovered || this.#isUnnamed(path)) return file;
    file.close();
    return undefined;
  }

  #isUnnamed(path: string): boolean {
    const folder = join(this.#options.dataFolder, 'unnamed');
    return existsSync(folder) && dirname(path) === realpathSync(folder);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

const leftOutMessage = (count: number): string =>
  `${count} ${count === 1 ? 'object' : 'objects'} of the ROI layer ${count === 1 ? 'is' : 'are'} not shown: no polygon or point, or no class of this project. They stay in the file.`;
