import type { Host } from '../rpc/host.ts';
import type { CommandContext } from './command.ts';
import { openPath } from './project.ts';

/** Files that are opened through another one: ENVI and Shapefile parts, styles, georeferences. */
const sides = /\.(hdr|prj|dbf|shx|cpg|aux\.xml|ovr|tfw|qml|wld)$/i;

/** Opens files of this computer that were chosen or dropped together; what belongs to one of them comes along. */
export async function openFiles(desk: CommandContext, files: readonly File[]): Promise<void> {
  const { host } = desk.workspace;
  const group = newGroup();
  const paths: string[] = [];
  for (const file of files) paths.push(await host.upload(file, { group }));
  for (const path of paths.filter((one) => paths.length === 1 || !sides.test(one)))
    await openPath(desk, path);
}

/** Opens what was dropped: files, and folders that are one scene (a SAFE product). Call it in the event: later the drop is empty. */
export async function openDropped(desk: CommandContext, drop: DataTransfer): Promise<void> {
  const { host } = desk.workspace;
  const files = [...drop.files];
  if (host.kind === 'desktop') return openFiles(desk, files);
  const entries = [...drop.items].map((item) => item.webkitGetAsEntry());
  const folders = entries.filter(isFolder);
  for (const folder of folders) await openPath(desk, await uploadFolder(host, folder));
  const names = new Set(folders.map(({ name }) => name));
  const single = files.filter(({ name }) => !names.has(name));
  if (single.length > 0) await openFiles(desk, single);
}

/** Copies a folder with all that is in it; gives its path there. */
async function uploadFolder(host: Host, folder: FileSystemDirectoryEntry): Promise<string> {
  const group = newGroup();
  let path = '';
  for (const entry of await filesIn(folder)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    // `fullPath` begins with a slash and the folder itself.
    const name = entry.fullPath.slice(1);
    const uploaded = await host.upload(file, { group, name });
    path = uploaded.slice(0, uploaded.length - name.length + folder.name.length);
  }
  return path;
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
