import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { LayerRow } from '../../../app/project/rows.ts';
import { isPrivateAddress } from '../../privateAddresses.ts';
import { readCapabilities } from './basemaps/wmtsCapabilities.ts';
import { type Basemaps, createBasemaps } from './basemaps.ts';
import { temporaryFolder } from './testing/testDesk.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`testing/basemaps/${name}`, import.meta.url));
const never = new AbortController().signal;
const temporary = temporaryFolder();
afterAll(() => temporary.remove());

type Reply = (request: IncomingMessage, response: ServerResponse) => void;

/** A server of this machine with what it was asked. */
let server: Server;
let host: string;
let asked: string[] = [];
let reply: Reply;
const picture: Reply = (_, response) =>
  void response.writeHead(200, { 'content-type': 'image/png' }).end('picture');

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    reply(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  asked = [];
  reply = picture;
});

let folders = 0;
const open: Basemaps[] = [];
afterEach(() => {
  for (const basemaps of open.splice(0)) basemaps.dispose();
});

type Desk = Basemaps & {
  readonly folder: string;
  readonly layers: string[];
  readonly allow: (uri: string, typed?: boolean) => Promise<unknown>;
  readonly openLayer: (uri: string) => ReturnType<Basemaps['handlers']['basemap.open']>;
};

/** Basemaps over a project with some layers, in an installation of its own unless one is named. */
function start(options: { readonly folder?: string; readonly names?: string[] } = {}): Desk {
  const folder = options.folder ?? join(temporary.path, `data ${folders++}`);
  const layers: string[] = [];
  const rows = (): LayerRow[] =>
    layers.map((uri, order) => ({
      id: `l${order}`,
      order,
      name: 'Basemap',
      kind: 'basemap',
      visible: true,
      opacity: 1,
      uri,
    }));
  const made = createBasemaps({
    dataFolder: folder,
    store: { file: async () => ({ layers: rows }) },
    ...(options.names === undefined ? {} : { resolveName: async () => options.names! }),
  });
  open.push(made);
  return {
    ...made,
    folder,
    layers,
    allow: (uri, typed = true) => made.handlers['basemap.allow']({ uri, typed }, never),
    openLayer: (uri) => {
      if (!layers.includes(uri)) layers.push(uri);
      return made.handlers['basemap.open']({ uri }, never);
    },
  };
}

const tileOf = async (desk: Desk, uri: string, z: number, x: number, y: number) => {
  const { info } = await desk.openLayer(uri);
  return desk.tile({ basemap: info!.basemap, z, x, y }, never);
};
const xyz = (): string => `xyz:http://${host}/{z}/{x}/{y}.png`;

describe('who may be asked', () => {
  it('nobody, because a project names a basemap', async () => {
    const desk = start();
    expect(await desk.openLayer(xyz())).toEqual({ ask: host });
    expect(await desk.openLayer(`pmtiles:http://${host}/a.pmtiles`)).toEqual({ ask: host });
    expect(await desk.openLayer(`wmts:http://${host}/wmts#a`)).toEqual({ ask: host });
    expect(asked).toEqual([]);
  });

  it('a host that was allowed, also after a restart, but in no other installation', async () => {
    const desk = start();
    expect(await desk.allow(xyz())).toEqual({ host });
    expect((await tileOf(desk, xyz(), 3, 4, 5))?.type).toBe('image/png');
    expect(asked).toEqual(['/3/4/5.png']);
    expect(await tileOf(start({ folder: desk.folder }), xyz(), 3, 4, 6)).toBeDefined();
    expect(await start().openLayer(xyz())).toEqual({ ask: host });
  });

  it('no address that is not a layer of the open project, or no longer', async () => {
    const desk = start();
    await desk.allow(xyz());
    const other = desk.handlers['basemap.open']({ uri: xyz() }, never);
    await expect(other).rejects.toMatchObject({ code: 'not-found' });
    await tileOf(desk, xyz(), 0, 0, 0);
    const { info } = await desk.openLayer(xyz());
    desk.layers.length = 0;
    const gone = desk.tile({ basemap: info!.basemap, z: 1, x: 0, y: 0 }, never);
    await expect(gone).rejects.toMatchObject({ code: 'not-found' });
    expect(asked).toEqual(['/0/0/0.png']);
  });

  it('no private network for a project, whatever the host is called', async () => {
    const refused = { code: 'not-readable' };
    await expect(start().allow(xyz(), false)).rejects.toMatchObject(refused);
    const named = start({ names: ['127.0.0.1'] });
    const uri = `xyz:http://tiles.example.org:${host.split(':')[1]}/{z}/{x}/{y}.png`;
    await expect(named.allow(uri, false)).rejects.toMatchObject(refused);
    await named.allow(uri, true);
    expect(await tileOf(named, uri, 0, 0, 0)).toBeDefined();
  });

  it('no private network behind a public name that changes its address', async () => {
    const addresses = ['93.184.215.14'];
    const desk = start({ names: addresses });
    const uri = `xyz:http://tiles.example.org:${host.split(':')[1]}/{z}/{x}/{y}.png`;
    await desk.allow(uri);
    addresses[0] = '127.0.0.1';
    await expect(tileOf(desk, uri, 0, 0, 0)).rejects.toMatchObject({ code: 'not-readable' });
    expect(asked).toEqual([]);
  });

  it('no other host by a redirect', async () => {
    reply = ({ url }, response) =>
      url === '/1/0/0.png'
        ? picture({} as IncomingMessage, response)
        : void response.writeHead(302, { location: 'http://localhost:1/x.png' }).end();
    const desk = start();
    await desk.allow(xyz());
    await expect(tileOf(desk, xyz(), 0, 0, 0)).rejects.toMatchObject({ code: 'not-readable' });
    reply = ({ url }, response) =>
      url === '/1/0/0.png'
        ? picture({} as IncomingMessage, response)
        : void response.writeHead(302, { location: '/1/0/0.png' }).end();
    expect(await tileOf(desk, xyz(), 0, 0, 0)).toBeDefined();
  });

  test.each(['file:///etc/passwd', 'ftp://a.example/{z}/{x}/{y}', 'http://{x}.example/{z}/{y}'])(
    'no %s',
    async (place) => {
      const desk = start({ names: ['93.184.215.14'] });
      const opened = desk.allow(`xyz:${place}`).then(() => desk.openLayer(`xyz:${place}`));
      await expect(opened).rejects.toMatchObject({ code: 'usage' });
    },
  );
});

test.each([
  ['127.0.0.1', true],
  ['10.20.30.40', true],
  ['172.31.255.255', true],
  ['172.32.0.1', false],
  ['169.254.169.254', true],
  ['100.64.0.1', true],
  ['0.0.0.0', true],
  ['8.8.8.8', false],
  ['::1', true],
  ['fd00::1', true],
  ['fe80::1', true],
  ['::ffff:192.168.1.1', true],
  ['::ffff:8.8.8.8', false],
  ['64:ff9b::7f00:1', true],
  ['2606:4700::1111', false],
  ['no address', true],
])('%s lies in a private network: %s', (address, expected) => {
  expect(isPrivateAddress(address)).toBe(expected);
});

describe('what a server sends', () => {
  const answers: readonly (readonly [string, Reply, string])[] = [
    [
      'a page in place of a picture',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      'unknown-format',
    ],
    [
      'a picture that is a document',
      (_, response) =>
        void response.writeHead(200, { 'content-type': 'image/svg+xml' }).end('<svg/>'),
      'unknown-format',
    ],
    [
      'a picture without end',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'image/png' });
        const part = Buffer.alloc(2 ** 20);
        const more = (): void => {
          while (!response.destroyed && response.write(part));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
      'too-large',
    ],
    ['no key', (_, response) => void response.writeHead(403).end(), 'network'],
    ['a failure', (_, response) => void response.writeHead(502).end(), 'network'],
    ['nothing', (_, response) => void response.destroy(), 'network'],
  ];
  test.each(answers)('%s is refused', async (_, answer, code) => {
    const desk = start();
    await desk.allow(xyz());
    reply = answer;
    await expect(tileOf(desk, xyz(), 0, 0, 0)).rejects.toMatchObject({ code });
  });

  it('a tile that is not there is none; what was fetched is not fetched again', async () => {
    const desk = start();
    await desk.allow(xyz());
    reply = (_, response) => void response.writeHead(404).end();
    expect(await tileOf(desk, xyz(), 0, 0, 0)).toBeUndefined();
    reply = picture;
    for (let i = 0; i < 3; i++) expect(await tileOf(desk, xyz(), 0, 0, 0)).toBeDefined();
    expect(asked).toEqual(['/0/0/0.png', '/0/0/0.png']);
    expect(await tileOf(desk, xyz(), 0, 1, 0)).toBeUndefined();
    expect(asked.length).toBe(2);
  });

  it('levels and rows as the address says', async () => {
    const desk = start();
    const uri = `xyz:http://${host}/{z}/{x}/{-y}.jpg#zmin=2&zmax=3`;
    await desk.allow(uri);
    const { info } = await desk.openLayer(uri);
    expect(info!.levels.map(({ size }) => size)).toEqual([
      [4, 4],
      [8, 8],
    ]);
    expect(info!.levels[0]!.resolution).toBeCloseTo(156543.03392804097 / 4, 6);
    await tileOf(desk, uri, 0, 1, 0);
    expect(asked).toEqual(['/2/1/3.jpg']);
  });
});

/** Colour in the middle of a picture. */
function colorOf(bytes: Uint8Array): number[] {
  const { width, height, channels, data } = decode(bytes);
  const at = (Math.floor(height / 2 + 1) * width + Math.floor(width / 2 + 1)) * channels;
  return [...data.slice(at, at + 3)];
}

/** A file in parts, as a server that knows range requests sends it. */
const inParts =
  (bytes: Buffer): Reply =>
  ({ headers }, response) => {
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
    const part = bytes.subarray(Number(from), Number(to) + 1);
    response.writeHead(206, {
      'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`,
    });
    response.end(part);
  };

describe('files of tiles', () => {
  const archive = readFileSync(fixture('world.pmtiles'));
  test.each([
    ['MBTiles by GDAL', () => `mbtiles:${fixture('world.mbtiles')}`],
    ['PMTiles', () => `pmtiles:${fixture('world.pmtiles')}`],
    ['PMTiles of a server', () => `pmtiles:http://${host}/world.pmtiles`],
  ])('%s: every tile at its place', async (_, uri) => {
    reply = inParts(archive);
    const desk = start();
    await desk.allow(uri());
    const { info } = await desk.openLayer(uri());
    expect(info).toMatchObject({ crs: 'EPSG:3857', content: 'image', attribution: '© Nobody' });
    expect(info!.levels.length).toBe(3);
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 4; x++) {
        const tile = await tileOf(desk, uri(), 2, x, y);
        expect(colorOf(tile!.bytes)).toEqual([60 * x + 20, 60 * y + 20, 128]);
      }
    expect(await tileOf(desk, uri(), 2, 4, 0)).toBeUndefined();
  });

  it('vector tiles come unpacked', async () => {
    const uri = `pmtiles:${fixture('areas.pmtiles')}`;
    const desk = start();
    const { info } = await desk.openLayer(uri);
    expect(info).toMatchObject({ content: 'vector', attribution: 'Areas of nobody' });
    const tile = await tileOf(desk, uri, 0, 0, 0);
    expect(tile!.type).toBe('application/vnd.mapbox-vector-tile');
    expect(Buffer.from(tile!.bytes).includes('water')).toBe(true);
  });

  it('a damaged file is said so, a missing one too', async () => {
    const desk = start();
    for (const kind of ['pmtiles', 'mbtiles']) {
      const path = join(temporary.path, `bad.${kind}`);
      writeFileSync(path, Buffer.from(archive).fill(7, 0, 200));
      await expect(desk.openLayer(`${kind}:${path}`)).rejects.toMatchObject({
        code: 'unknown-format',
      });
      await expect(desk.openLayer(`${kind}:${path}.none`)).rejects.toMatchObject({
        code: 'not-found',
      });
    }
    const damaged = Buffer.from(archive);
    // length of the root directory, as a crafted file states it
    damaged.writeBigUInt64LE(2n ** 40n, 16);
    const path = join(temporary.path, 'crafted.pmtiles');
    writeFileSync(path, damaged);
    await expect(tileOf(desk, `pmtiles:${path}`, 0, 0, 0)).rejects.toMatchObject({
      code: expect.stringMatching(/corrupt|unknown-format/) as string,
    });
  });

  it('a server that sends the whole file for a part is refused', async () => {
    reply = (_, response) => void response.writeHead(200).end(archive);
    const desk = start();
    const uri = `pmtiles:http://${host}/world.pmtiles`;
    await desk.allow(uri);
    await expect(desk.openLayer(uri)).rejects.toMatchObject({ code: 'network' });
  });
});

const capabilities = (tiles: string): string => `<?xml version="1.0"?>
<Capabilities xmlns="http://www.opengis.net/wmts/1.0" xmlns:ows="http://www.opengis.net/ows/1.1">
 <ows:ServiceProvider><ows:ProviderName>Survey of Nowhere</ows:ProviderName></ows:ServiceProvider>
 <Contents>
  <Layer><ows:Identifier>other</ows:Identifier></Layer>
  <Layer>
   <ows:Identifier>relief</ows:Identifier>
   <Style><ows:Identifier>dark</ows:Identifier></Style>
   <Style isDefault="true"><ows:Identifier>light</ows:Identifier></Style>
   <Format>image/jpeg</Format>
   <Dimension><ows:Identifier>Time</ows:Identifier><Default>2020-01-01</Default></Dimension>
   <TileMatrixSetLink><TileMatrixSet>degrees</TileMatrixSet></TileMatrixSetLink>
   ${tiles}
  </Layer>
  <TileMatrixSet>
   <ows:Identifier>degrees</ows:Identifier>
   <ows:SupportedCRS>urn:ogc:def:crs:EPSG::4326</ows:SupportedCRS>
   <TileMatrix><ows:Identifier>L1</ows:Identifier><ScaleDenominator>139770566.0071794</ScaleDenominator>
    <TopLeftCorner>90.0 -180.0</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256</TileHeight>
    <MatrixWidth>4</MatrixWidth><MatrixHeight>2</MatrixHeight></TileMatrix>
   <TileMatrix><ows:Identifier>L0</ows:Identifier><ScaleDenominator>279541132.0143589</ScaleDenominator>
    <TopLeftCorner>90.0 -180.0</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256</TileHeight>
    <MatrixWidth>2</MatrixWidth><MatrixHeight>1</MatrixHeight></TileMatrix>
  </TileMatrixSet>
 </Contents>
</Capabilities>`;

describe('WMTS', () => {
  const resource = (template: string): string =>
    `<ResourceURL format="image/jpeg" resourceType="tile" template="${template}"/>`;

  it('asks for tiles by the template of the layer', async () => {
    const template = `http://${host}/relief/{style}/{Time}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.jpg`;
    reply = ({ url }, response) =>
      url?.includes('GetCapabilities')
        ? void response.end(capabilities(resource(template)))
        : picture({} as IncomingMessage, response);
    const desk = start();
    const uri = `wmts:http://${host}/wmts#relief`;
    await desk.allow(uri);
    const { info } = await desk.openLayer(uri);
    // Resolutions of the standard's own example (OGC 07-057r7, GlobalCRS84Geometric: annex E.4).
    expect(info).toMatchObject({ crs: 'EPSG:4326', attribution: 'Survey of Nowhere' });
    expect(info!.levels[0]!.resolution).toBeCloseTo(0.703125, 9);
    expect(info!.levels.map(({ origin }) => origin)).toEqual([
      [-180, 90],
      [-180, 90],
    ]);
    await tileOf(desk, uri, 1, 3, 1);
    expect(asked.at(-1)).toBe('/relief/light/2020-01-01/degrees/L1/1/3.jpg');
  });

  it('asks by key and value where there is no template', () => {
    const { template } = readCapabilities(
      capabilities(''),
      'http://a.example/wmts?map=x&REQUEST=GetCapabilities&service=WMTS',
      'relief',
    );
    expect(template).toBe(
      'http://a.example/wmts?map=x&service=WMTS&version=1.0.0&request=GetTile&format=image%2Fjpeg&layer=relief&Style=light&TileMatrixSet=degrees&Time=2020-01-01&TileMatrix={TileMatrix}&TileRow={TileRow}&TileCol={TileCol}',
    );
  });

  it('asks the user where tiles come from another host', async () => {
    reply = (_, response) =>
      void response.end(capabilities(resource('http://tiles.example.org/{TileMatrix}')));
    const desk = start();
    const uri = `wmts:http://${host}/wmts#relief`;
    await desk.allow(uri);
    expect(await desk.openLayer(uri)).toEqual({ ask: 'tiles.example.org' });
  });

  it('names the layers where none was, and says what is no service', () => {
    expect(() => readCapabilities(capabilities(''), 'http://a.example', 'sea')).toThrow(
      /other, relief/,
    );
    for (const text of ['<html></html>', 'no', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
      expect(() => readCapabilities(text, 'http://a.example', 'sea')).toThrow(/no|not/);
  });
});
