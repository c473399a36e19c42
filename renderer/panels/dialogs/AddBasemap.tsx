import { type ReactElement, useState } from 'react';
import { Button } from 'react-aria-components';
import { addBasemap } from '../../edits/basemaps.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Field, NumberField, Select } from '../fields.tsx';
import { Frame } from './Frame.tsx';

type Kind = 'xyz' | 'wmts' | 'pmtiles' | 'mbtiles' | 'offline';

export const kinds: readonly (readonly [Kind, string])[] = [
  ['xyz', 'XYZ tiles'],
  ['wmts', 'WMTS'],
  ['pmtiles', 'PMTiles (file or address)'],
  ['mbtiles', 'MBTiles (file)'],
  ['offline', 'Land and borders (built in, no network)'],
];

const examples: Readonly<Record<Kind, string>> = {
  xyz: 'https://tiles.example.org/{z}/{x}/{y}.png',
  wmts: 'https://maps.example.org/wmts?service=WMTS&request=GetCapabilities',
  pmtiles: '/maps/region.pmtiles',
  mbtiles: '/maps/region.mbtiles',
  offline: '',
};

/** A name for the layer list: the host of an address, else the name of a file. */
function nameOf(kind: Kind, address: string): string {
  if (kind === 'offline') return t('Land and borders');
  const host = /^https?:\/\/([^/]+)/i.exec(address)?.[1];
  return host ?? address.split(/[\\/]/).at(-1) ?? address;
}

/**
 * Adds a basemap by its address. There is no list of servers to choose from: each has terms of its own, and the one who uses
 * it has to know them.
 */
export function AddBasemap(): ReactElement {
  const { workspace } = useDesk();
  const [kind, setKind] = useState<Kind>('xyz');
  const [address, setAddress] = useState('');
  const [layer, setLayer] = useState('');
  const [maxZoom, setMaxZoom] = useState(19);
  const [attribution, setAttribution] = useState('');
  const placeless = useWorkspace(({ scenes }) =>
    [...scenes.values()].some((entry) => entry.state === 'open' && entry.info.crs === undefined),
  );
  const uri = (): string => {
    const place = address.trim();
    if (kind === 'offline') return kind;
    if (kind === 'xyz') return `xyz:${place}${place.includes('#') ? '' : `#zmax=${maxZoom}`}`;
    return kind === 'wmts' && layer.trim() !== ''
      ? `wmts:${place}#${encodeURIComponent(layer.trim())}`
      : `${kind}:${place}`;
  };
  const add = async (): Promise<void> => {
    if (kind !== 'offline' && address.trim() === '') return;
    const name = nameOf(kind, address.trim()).slice(0, 200);
    await addBasemap(workspace, { name, uri: uri(), attribution: attribution.trim() });
    workspace.store.set({ dialog: 'none' });
  };
  return (
    <Frame title={t('Add basemap')} className="wide">
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          add().catch(workspace.report);
        }}
      >
        <Select
          label={t('Kind')}
          value={kind}
          options={kinds.map(([id, name]) => [id, t(name)] as const)}
          onChange={setKind}
        />
        {kind !== 'offline' && (
          <Field label={t('Address, e.g. {example}', { example: examples[kind] })}>
            <input
              value={address}
              onChange={(event) => setAddress(event.target.value)}
              spellCheck={false}
            />
          </Field>
        )}
        {kind === 'wmts' && (
          <Field label={t('Layer of the service')}>
            <input
              value={layer}
              onChange={(event) => setLayer(event.target.value)}
              spellCheck={false}
            />
          </Field>
        )}
        {kind === 'xyz' && (
          <NumberField
            label={t('Greatest zoom level')}
            value={maxZoom}
            range={[0, 24]}
            onChange={setMaxZoom}
          />
        )}
        {kind !== 'offline' && (
          <Field
            label={t(
              'Attribution, as the terms of use of the map want it (empty: what the map says itself)',
            )}
          >
            <input
              value={attribution}
              maxLength={500}
              onChange={(event) => setAttribution(event.target.value)}
            />
          </Field>
        )}
        <p className="empty">
          {kind === 'offline'
            ? t('Natural Earth, 1:50 million, public domain.')
            : t(
                'Use a server that you may use: most have terms that name allowed programs, amounts and an attribution. It learns what place you look at.',
              )}
        </p>
        {placeless && (
          <p className="empty">
            {t('A scene without coordinate system has no place on a basemap.')}
          </p>
        )}
        <Button type="submit" className="primary">
          {t('Add')}
        </Button>
      </form>
    </Frame>
  );
}
