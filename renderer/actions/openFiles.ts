import { AppError, errorRecord } from '../../app/error.ts';
import type { Host } from '../rpc/host.ts';
import { saidOfError, t } from '../words/translate.ts';
import type { CommandContext } from './command.ts';
import { isProject, isRois, openPath } from './project.ts';

/** Files that are opened through another one: ENVI and Shapefile parts, styles, georeferences, statistics. */
const sides = /\.(hdr|prj|dbf|shx|cpg|sbn|sbx|aux\.xml|shp\.xml|ovr|tfw|jgw|pgw|j2w|qml|qpj|wld)$/i;
/** A folder that is no scene is opened file by file as long as a person can follow. */
const mostOfFolder = 12;
/** So many errors have a message each; more are told in one. */
const mostMessages = 3;

/** A file that is there for the host: its path, and how the user calls it. */
type Given = { readonly path: string; readonly name: string };
type Failure = { readonly name: string; readonly error: unknown };

/** Opens files of this computer that were chosen or dropped together; what belongs to one of them comes along. */
export async function openFiles(desk: CommandContext, files: readonly File[]): Promise<void> {
  const group = newGroup();
  const given: Given[] = [];
  const failures: Failure[] = [];
  for (const file of files)
    await attempt(file.name, failures, async () => {
      given.push({ path: await desk.workspace.host.upload(file, { group }), name: file.name });
    });
  await openGiven(desk, given, failures);
  tell(desk, failures, files.length);
}

/** Opens what was dropped: files, and folders, which may be one scene (a SAFE product). Call it in the event: later the drop is empty. */
export async function openDropped(desk: CommandContext, drop: DataTransfer): Promise<void> {
  const { host, report } = desk.workspace;
  const files = [...drop.files];
  if (host.kind === 'desktop') return openFiles(desk, files);
  const entries = [...drop.items].map((item) => item.webkitGetAsEntry());
  const folders = entries.filter(isFolder);
  for (const folder of folders) await openFolder(desk, folder).catch(report);
  const names = new Set(folders.map(({ name }) => name));
  const single = files.filter(({ name }) => !names.has(name));
  if (single.length > 0) await openFiles(desk, single);
}

/** One scene where the folder is one, else what lies in it. */
async function openFolder(desk: CommandContext, folder: FileSystemDirectoryEntry): Promise<void> {
  const given = await uploadFolder(desk.workspace.host, folder);
  const [first] = given;
  if (first === undefined)
    throw new AppError(
      'not-found',
      t('The folder {name} is empty. Drop a folder with files.', { name: folder.name }),
    );
  const path = first.path.slice(0, first.path.length - first.name.length + folder.name.length);
  try {
    await openPath(desk, path);
  } catch (error) {
    const inside = mainFiles(given);
    if (inside.length > mostOfFolder) throw renamed(error, { path, name: folder.name });
    const failures: Failure[] = [];
    await openGiven(desk, given, failures);
    tell(desk, failures, inside.length);
  }
}

/** Projects first, for a project takes the place of all that is there; then scenes, which give ROIs their place. */
async function openGiven(
  desk: CommandContext,
  given: readonly Given[],
  failures: Failure[],
): Promise<void> {
  const rank = ({ path }: Given): number => (isProject(path) ? 0 : isRois(path) ? 2 : 1);
  for (const file of mainFiles(given).toSorted((a, b) => rank(a) - rank(b)))
    await attempt(file.name, failures, async () => {
      await openPath(desk, file.path).catch((error: unknown) => {
        throw renamed(error, file);
      });
      tellOfCopy(desk, file);
    });
}

/** A page cannot know where a dropped project lies: it goes on in a copy, and the user has to know. */
function tellOfCopy({ workspace }: CommandContext, { path, name }: Given): void {
  if (workspace.host.kind === 'desktop' || workspace.store.get().project?.path !== path) return;
  workspace.notify(
    t(
      '{name} was copied to {path}, and changes go there. To change the file itself, open it by its path.',
      { name, path },
    ),
    { label: t('Understood'), stays: true, run: () => undefined },
  );
}

/** Without parts of others; where there is nothing but parts, the first says what it needs. */
function mainFiles(given: readonly Given[]): readonly Given[] {
  const main = given.filter(({ path }) => !sides.test(path));
  return main.length > 0 ? main : given.slice(0, 1);
}

async function attempt(
  name: string,
  failures: Failure[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    failures.push({ name, error });
  }
}

/** The path of a copy says nothing to the user, who knows the file by its name. */
function renamed(error: unknown, { path, name }: Given): AppError {
  const { code, message, details } = errorRecord(error);
  return new AppError(code, message.replaceAll(path, name), details);
}

function tell({ workspace }: CommandContext, failures: readonly Failure[], all: number): void {
  if (failures.length <= mostMessages) {
    for (const { error } of failures) workspace.report(error);
    return;
  }
  const lines = failures.map(({ name, error }) => {
    const message = saidOfError(errorRecord(error));
    return message.includes(name) ? message : `${name}: ${message}`;
  });
  const count = t('{count} of {all} files could not be opened:', { count: failures.length, all });
  workspace.report(new AppError('unknown-format', [count, ...lines].join('\n')));
}

/** Copies a folder with all that is in it. Names begin with that of the folder. */
async function uploadFolder(host: Host, folder: FileSystemDirectoryEntry): Promise<Given[]> {
  const group = newGroup();
  const given: Given[] = [];
  for (const entry of await filesIn(folder)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    // `fullPath` begins with a slash and the folder itself.
    const name = entry.fullPath.slice(1);
    given.push({ path: await host.upload(file, { group, name }), name });
  }
  return given;
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<FileSystemFileEntry[]> {
  const reader = folder.createReader();
  const files: FileSystemFileEntry[] = [];
  for (;;) {
    // A hundred at a time, until there are none.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return files;
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      if (isFolder(entry)) files.push(...(await filesIn(entry)));
      else files.push(entry as FileSystemFileEntry);
    }
  }
}

/** By its flag: browsers know the class of the standard under other names. */
const isFolder = (entry: FileSystemEntry | null): entry is FileSystemDirectoryEntry =>
  entry?.isDirectory === true;

const newGroup = (): string => crypto.randomUUID().replaceAll('-', '').slice(0, 12);
