import type { RoiSet } from '../../app/vector/roi.ts';

/** ROIs of an open project. */
export const roiSet: RoiSet = {
  uri: 'project',
  crs: 'EPSG:32633',
  classes: [
    { value: 1, name: 'wood', color: [1, 2, 3] },
    { value: 2, name: 'water', color: [4, 5, 6] },
  ],
  rois: [1, 2].map((value) => ({
    id: String(value),
    classValue: value,
    geometry: { kind: 'points', points: [[500_000 + value, 5_000_000]] },
  })),
};

/** Capabilities of a map service, as far as they are read (OGC 07-057r7). */
export const capabilities = `<?xml version="1.0" encoding="UTF-8"?>
<Capabilities xmlns="http://www.opengis.net/wmts/1.0" xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.0.0">
<ows:ServiceProvider><ows:ProviderName>Survey &amp; Co</ows:ProviderName></ows:ServiceProvider>
<Contents>
<Layer><ows:Title>Map</ows:Title><ows:Identifier>map</ows:Identifier>
<Style isDefault="true"><ows:Identifier>default</ows:Identifier></Style>
<Format>image/png</Format>
<TileMatrixSetLink><TileMatrixSet>grid</TileMatrixSet></TileMatrixSetLink>
<ResourceURL format="image/png" resourceType="tile" template="https://example.org/{Style}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.png"/>
</Layer>
<TileMatrixSet><ows:Identifier>grid</ows:Identifier><ows:SupportedCRS>urn:ogc:def:crs:EPSG::3857</ows:SupportedCRS>
<TileMatrix><ows:Identifier>0</ows:Identifier><ScaleDenominator>559082264.029</ScaleDenominator><TopLeftCorner>-20037508.34 20037508.34</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256</TileHeight><MatrixWidth>1</MatrixWidth><MatrixHeight>1</MatrixHeight></TileMatrix>
<TileMatrix><ows:Identifier>1</ows:Identifier><ScaleDenominator>279541132.015</ScaleDenominator><TopLeftCorner>-20037508.34 20037508.34</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256</TileHeight><MatrixWidth>2</MatrixWidth><MatrixHeight>2</MatrixHeight></TileMatrix>
</TileMatrixSet>
</Contents>
</Capabilities>
`;
