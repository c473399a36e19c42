import type { BasemapLevel } from '../../../../app/contract/desk/basemaps.ts';
import { AppError } from '../../../../app/error.ts';
import { attributeOf, descendants, localName } from '../../../raster/scenes/xml.ts';
import { parseXml, type XmlElement, XmlError } from '../../../raster/tiff/xml.ts';
import { normaliseCrs, parseCrs } from '../../../vector/crs.ts';
import { pictureTypes, plainText } from './source.ts';

/** Large services list thousands of layers. */
const mostElements = 400_000;

/** One layer of a service (OGC 07-057r7) as it is fetched. */
export type WmtsLayer = {
  /** With `{TileMatrix}`, `{TileRow}` and `{TileCol}` left to fill in. */
  readonly template: string;
  readonly crs: string;
  readonly levels: readonly (BasemapLevel & { readonly name: string })[];
  readonly attribution: string;
};

/**
 * The layer of a capabilities document that is named, or its only one.
 * @param service address of the document, for services that are asked by key and value
 * @throws AppError `corrupt`, `not-found`, `unsupported`
 */
export function readCapabilities(text: string, service: string, wanted: string): WmtsLayer {
  const contents = descendants(parse(text, service), 'Contents')[0];
  if (contents === undefined) throw noService(service);
  const layer = chooseLayer(children(contents, 'Layer'), wanted);
  const links = children(layer, 'TileMatrixSetLink').map((link) => own(link, 'TileMatrixSet'));
  const set = chooseSet(children(contents, 'TileMatrixSet'), links);
  return {
    template: templateOf(layer, own(set.element, 'Identifier'), service),
    crs: set.crs,
    levels: levelsOf(set.element, set.crs),
    attribution: plainText(own(layer, 'Attribution') || providerOf(text, service)),
  };
}

function parse(text: string, service: string): XmlElement {
  try {
    return parseXml(text.replace(/^\uFEFF/, ''), mostElements);
  } catch (error) {
    if (error instanceof XmlError) throw noService(service);
    throw error;
  }
}

const noService = (service: string): AppError =>
  new AppError(
    'corrupt',
    `${service} does not answer with WMTS capabilities. Check the address: it usually ends in "WMTSCapabilities.xml" or "service=WMTS&request=GetCapabilities".`,
  );

const children = (element: XmlElement, name: string): XmlElement[] =>
  element.children.filter((child) => localName(child) === name);

/** Text of a child; empty where there is none. */
const own = (element: XmlElement, name: string): string =>
  children(element, name)[0]?.text.trim() ?? '';

function providerOf(text: string, service: string): string {
  const provider = descendants(parse(text, service), 'ServiceProvider')[0];
  return provider === undefined ? '' : own(provider, 'ProviderName');
}

function chooseLayer(layers: readonly XmlElement[], wanted: string): XmlElement {
  const names = layers.map((layer) => own(layer, 'Identifier'));
  const index = wanted === '' && layers.length === 1 ? 0 : names.indexOf(wanted);
  if (index >= 0) return layers[index]!;
  const list = names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '');
  throw new AppError(
    'not-found',
    `The service has ${names.length} layers and none called "${wanted}". Name one of them: ${list}.`,
  );
}

/** Projected systems whose axes are east, north in their definition as well. */
const eastNorth = /^EPSG:(32[67]\d\d|258[23]\d|2154|2056|21781|28992|27700|31370)$/;
const webMercators = ['EPSG:3857', 'EPSG:900913', 'EPSG:3785', 'EPSG:102100', 'EPSG:102113'];

function crsOf(set: XmlElement): string | undefined {
  const crs = normaliseCrs(own(set, 'SupportedCRS'));
  if (webMercators.includes(crs)) return 'EPSG:3857';
  return crs === 'EPSG:4326' || eastNorth.test(crs) ? crs : undefined;
}

/** The first set in Web Mercator, else in longitude and latitude, else in another known CRS. */
function chooseSet(sets: readonly XmlElement[], links: readonly string[]) {
  const possible = sets
    .filter((set) => links.includes(own(set, 'Identifier')))
    .flatMap((element) => {
      const crs = crsOf(element);
      return crs === undefined ? [] : [{ element, crs }];
    });
  const chosen =
    possible.find(({ crs }) => crs === 'EPSG:3857') ??
    possible.find(({ crs }) => crs === 'EPSG:4326') ??
    possible[0];
  if (chosen !== undefined) return chosen;
  throw new AppError(
    'unsupported',
    'The layer is offered in no coordinate system that is read: Web Mercator, longitude and latitude, UTM. Choose another layer.',
  );
}

/** Metres of a pixel of the standard's screen, and of a degree at its equator. */
const pixelMetres = 0.00028;
const degreeMetres = (Math.PI * 6_378_137) / 180;

function levelsOf(set: XmlElement, crs: string): WmtsLayer['levels'] {
  const { metresPerUnit = degreeMetres } = parseCrs(crs);
  const levels = children(set, 'TileMatrix').map((matrix) => {
    const number = (name: string): number => Number(own(matrix, name));
    const corner = own(matrix, 'TopLeftCorner').split(/\s+/).map(Number);
    return {
      name: own(matrix, 'Identifier'),
      resolution: (number('ScaleDenominator') * pixelMetres) / metresPerUnit,
      origin: originOf(corner, set, crs),
      tileSize: [number('TileWidth'), number('TileHeight')] as [number, number],
      size: [number('MatrixWidth'), number('MatrixHeight')] as [number, number],
    };
  });
  const good = levels
    .filter(({ resolution, origin, tileSize, size }) => {
      const positive = [resolution, ...tileSize, ...size];
      const sizes = [...tileSize, ...size].every(Number.isInteger);
      return sizes && origin.every(Number.isFinite) && positive.every((one) => one > 0);
    })
    .filter(({ tileSize }) => Math.max(...tileSize) <= 4096)
    .sort((a, b) => b.resolution - a.resolution)
    .filter(({ resolution }, i, all) => i === 0 || resolution < all[i - 1]!.resolution)
    .slice(0, 64);
  if (good.length > 0) return good;
  throw new AppError('corrupt', 'The service describes no usable zoom level for this layer.');
}

/** Latitude comes first in EPSG:4326, but not from every server: what is above 90 is none. */
function originOf(corner: readonly number[], set: XmlElement, crs: string): [number, number] {
  const [first = Number.NaN, second = Number.NaN] = corner;
  const latitudeFirst =
    crs === 'EPSG:4326' &&
    Math.abs(first) <= 90 &&
    (Math.abs(second) > 90 || !/CRS:?:?84/i.test(own(set, 'SupportedCRS')));
  return latitudeFirst ? [second, first] : [first, second];
}

function templateOf(layer: XmlElement, set: string, service: string): string {
  const styles = children(layer, 'Style');
  const style = styles.find((one) => attributeOf(one, 'isDefault') === 'true') ?? styles[0];
  const values: Record<string, string> = {
    Style: style === undefined ? '' : own(style, 'Identifier'),
    TileMatrixSet: set,
  };
  for (const dimension of children(layer, 'Dimension'))
    values[own(dimension, 'Identifier')] = own(dimension, 'Default');
  const resource = children(layer, 'ResourceURL').find(
    (one) =>
      attributeOf(one, 'resourceType') === 'tile' &&
      pictureTypes.includes(attributeOf(one, 'format') ?? ''),
  );
  const template = resource === undefined ? undefined : attributeOf(resource, 'template');
  if (template !== undefined)
    return Object.entries(values).reduce(
      (text, [name, value]) =>
        text.replace(new RegExp(`\\{${escaped(name)}\\}`, 'gi'), () => encodeURIComponent(value)),
      template,
    );
  return keyValueAddress(layer, values, service);
}

const escaped = (name: string): string => name.replace(/[^\w]/g, '\\$&');

function keyValueAddress(
  layer: XmlElement,
  values: Readonly<Record<string, string>>,
  service: string,
): string {
  const formats = children(layer, 'Format').map(({ text }) => text.trim());
  const format = formats.find((one) => pictureTypes.includes(one));
  if (format === undefined)
    throw new AppError('unsupported', 'The layer is offered in no picture format that is shown.');
  const url = new URL(service);
  const asked = { service: 'WMTS', version: '1.0.0', request: 'GetTile', format };
  const pairs = { ...asked, layer: own(layer, 'Identifier'), ...values };
  // Names of parameters are the same in any case: what the address has already is replaced.
  for (const name of [...url.searchParams.keys()])
    if (Object.keys(pairs).some((one) => one.toLowerCase() === name.toLowerCase()))
      url.searchParams.delete(name);
  for (const [name, value] of Object.entries(pairs)) url.searchParams.set(name, value);
  return `${url.href}&TileMatrix={TileMatrix}&TileRow={TileRow}&TileCol={TileCol}`;
}
