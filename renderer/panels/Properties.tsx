import type { ReactElement } from 'react';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import { t } from '../words/translate.ts';

/** The run that wrote the file (main/services): JSON of many lines, folded away. */
const manifestItem = 'PRISMAP_MANIFEST';

/** What the file says of itself. */
export function Properties({ info }: { readonly info: SceneInfo }): ReactElement {
  const types = [...new Set(info.bands.map(({ dtype }) => dtype))].join(', ');
  const nodata = [...new Set(info.bands.map((band) => String(band.nodata ?? '–')))].join(', ');
  const rows: readonly (readonly [string, string])[] = [
    [t('Path'), info.uri],
    [t('Format'), info.format],
    [t('Size'), `${info.width} × ${info.height} px`],
    [t('Bands'), String(info.bands.length)],
    [t('Type'), types],
    [t('Nodata'), nodata],
    [
      t('CRS'),
      info.crsName === undefined
        ? (info.crs ?? t('none: pixel positions'))
        : `${info.crsName} (${info.crs})`,
    ],
    [t('Pixel size'), info.tiles.resolutions.at(-1)?.toPrecision(6) ?? '–'],
    [t('Overviews'), info.overviews.map(({ width }) => width).join(', ') || '–'],
    ...Object.entries(info.metadata)
      .filter(([name]) => name !== manifestItem)
      .slice(0, 12),
  ];
  const manifest = info.metadata[manifestItem];
  return (
    <details open>
      <summary>{t('Properties')}</summary>
      <dl className="properties">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {manifest !== undefined && (
        <details>
          <summary>{t('How it was made')}</summary>
          <pre className="manifest">{readable(manifest)}</pre>
        </details>
      )}
    </details>
  );
}

/** JSON by lines; what is none, as it is. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
