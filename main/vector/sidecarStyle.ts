import { readFile, stat } from 'node:fs/promises';
import type { Layer } from './features.ts';
import { parseQml } from './qml.ts';

/** A layer with the QGIS style from the `.qml` beside its file, where it has none of its own. */
export async function withSidecarStyle(layer: Layer, path: string): Promise<Layer> {
  if (layer.style !== undefined) return layer;
  try {
    const file = path.replace(/\.[^.]*$/, '.qml');
    if ((await stat(file)).size > 4_000_000) return layer;
    const style = parseQml(await readFile(file, 'utf8'));
    return style === undefined ? layer : { ...layer, style };
  } catch {
    return layer; // no style: colours come from the default palette
  }
}
