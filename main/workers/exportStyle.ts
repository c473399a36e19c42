import { formatColor } from '../../app/raster/palette.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { escapeXml } from '../raster/cog/metadata.ts';
import { styleXml } from '../raster/cog/sideFiles.ts';
import type { Exporter } from './exportSource.ts';

/** Names and colours of the classes as a style for the raster: of QGIS, or as OGC's Styled Layer Descriptor. */
export const exportStyle: Exporter = async ({ classes }, path, { format, title }, { signal }) => {
  const text =
    format === 'sld'
      ? sldOf(classes, title ?? 'Land cover')
      : styleXml(classes.map(({ color, ...row }) => ({ ...row, color: [...color, 255] as const })));
  await writeFileAtomic(path, text, signal);
  return [path];
};

/** SLD 1.0.0, which GeoServer and QGIS read; `values` takes each colour for its value alone. */
function sldOf(classes: ClassScheme, title: string): string {
  const name = escapeXml(title);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">',
    '  <NamedLayer>',
    `    <Name>${name}</Name>`,
    '    <UserStyle>',
    `      <Title>${name}</Title>`,
    '      <FeatureTypeStyle><Rule><RasterSymbolizer>',
    '        <ColorMap type="values">',
    '          <ColorMapEntry color="#000000" quantity="0" opacity="0"/>',
    ...classes.map(
      ({ value, name: label, color }) =>
        `          <ColorMapEntry color="${formatColor(color)}" quantity="${value}" label="${escapeXml(label)}" opacity="1"/>`,
    ),
    '        </ColorMap>',
    '      </RasterSymbolizer></Rule></FeatureTypeStyle>',
    '    </UserStyle>',
    '  </NamedLayer>',
    '</StyledLayerDescriptor>',
    '',
  ].join('\n');
}
