import type { LayerStyle } from './features.ts';

/**
 * The categories of a QGIS style (QML): which field sorts objects, and label and colour of each value. Undefined where
 * the style is of another kind. Reads by pattern, without an XML parser: a style is a convenience, never required.
 */
export function parseQml(qml: string): LayerStyle | undefined {
  const renderer = /<renderer-v2\b([^>]*)>([\s\S]*?)<\/renderer-v2>/.exec(qml);
  if (renderer === null || attribute(renderer[1]!, 'type') !== 'categorizedSymbol')
    return undefined;
  const field = attribute(renderer[1]!, 'attr');
  if (field === undefined || field === '') return undefined;
  const colors = symbolColors(renderer[2]!);
  const categories = new Map<string, { label: string; color?: string }>();
  for (const [, attributes] of renderer[2]!.matchAll(/<category\b([^>]*)>/g)) {
    const value = attribute(attributes!, 'value');
    if (value === undefined || value === '' || categories.size >= 1000) continue;
    const color = colors.get(attribute(attributes!, 'symbol') ?? '');
    categories.set(value, {
      label: attribute(attributes!, 'label') ?? value,
      ...(color === undefined ? {} : { color }),
    });
  }
  return { field: field.replace(/^"(.*)"$/, '$1'), categories };
}

/** Fill colour by symbol name: the first `color` inside each symbol. */
function symbolColors(renderer: string): ReadonlyMap<string, string> {
  const colors = new Map<string, string>();
  for (const part of renderer.split(/<symbol\b/).slice(1)) {
    const end = part.indexOf('>');
    const name = attribute(part.slice(0, end), 'name');
    const option = /<(?:Option|prop)\b([^>]*\b(?:name|k)="color"[^>]*)>/.exec(part)?.[1];
    const color =
      option === undefined ? undefined : (attribute(option, 'value') ?? attribute(option, 'v'));
    if (name !== undefined && color !== undefined && !colors.has(name)) colors.set(name, color);
  }
  return colors;
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
  return value
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
