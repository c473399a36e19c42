/** A file of the project folder by its name; a whole path stays what it is. Signs that no system takes become dashes. */
export function outputPath(folder: string, name: string): string {
  if (/^([a-z]:)?[\\/]/i.test(name)) return name;
  const separator = folder.includes('\\') ? '\\' : '/';
  return `${folder}${separator}${name.trim().replace(/[<>:"/\\|?*]+/g, '-')}`;
}
