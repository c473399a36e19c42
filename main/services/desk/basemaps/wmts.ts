import { AppError } from '../../../../app/error.ts';
import { hostOf, urlOf } from './address.ts';
import type { OpenBasemap } from './source.ts';
import { readCapabilities } from './wmtsCapabilities.ts';
import { fetchTile } from './xyz.ts';

const mostCapabilityBytes = 32 * 2 ** 20;

/** Address of a service, or of its capabilities, and after `#` the name of a layer. */
export const openWmts: OpenBasemap = async (place, remote, signal) => {
  const hash = place.indexOf('#');
  const address = hash < 0 ? place : place.slice(0, hash);
  const name = hash < 0 ? '' : decodeName(place.slice(hash + 1));
  const url = capabilitiesOf(urlOf(address));
  const answer = await remote.fetch({ url: url.href, mostBytes: mostCapabilityBytes }, signal);
  if (answer.status !== 200)
    throw new AppError(
      answer.status === 404 ? 'not-found' : 'network',
      `${url.host} answered with status ${answer.status}. Check the address of the service.`,
    );
  const layer = readCapabilities(answer.bytes.toString('utf8'), url.href, name);
  const template = new URL(layer.template, url).href.replaceAll('%7B', '{').replaceAll('%7D', '}');
  const host = hostOf(template)!;
  if (!(await remote.isAllowed(host)))
    throw new AppError('not-readable', `The service sends its tiles from ${host}.`, { ask: host });
  return {
    description: {
      crs: layer.crs,
      levels: layer.levels.map(({ name: _, ...level }) => level),
      content: 'image',
      attribution: layer.attribution,
    },
    tile: async (level, x, y, tileSignal) => {
      const matrix = layer.levels[level];
      if (matrix === undefined) return undefined;
      const tile = template
        .replace(/\{TileMatrix\}/gi, () => encodeURIComponent(matrix.name))
        .replace(/\{TileRow\}/gi, String(y))
        .replace(/\{TileCol\}/gi, String(x));
      return fetchTile(remote, tile, 'image', tileSignal);
    },
    close: () => undefined,
  };
};

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The capabilities of a service whose bare address is given. */
function capabilitiesOf(url: URL): URL {
  const asked = [...url.searchParams.keys()].some((name) => name.toLowerCase() === 'request');
  if (asked || /\.xml$/i.test(url.pathname)) return url;
  const full = new URL(url);
  for (const [name, value] of [
    ['service', 'WMTS'],
    ['version', '1.0.0'],
    ['request', 'GetCapabilities'],
  ] as const)
    full.searchParams.set(name, value);
  return full;
}
