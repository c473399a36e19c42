/** True where a file begins with one of some signatures, written as Latin-1. */
export const starts = (head: Buffer, ...signatures: readonly string[]): boolean =>
  signatures.some((signature) => head.toString('latin1', 0, signature.length) === signature);

/** A kind of file that is not read as a scene, and what to do with it. */
export type UnreadFile = {
  readonly name: string;
  readonly matches: (head: Buffer) => boolean;
  readonly cure: string;
};

const convert = 'Convert it to GeoTIFF, e.g. with gdal_translate.';
const unpack = 'Unpack it and name the scene inside.';
const rois = 'It can hold ROIs, not a scene.';
const text = (head: Buffer): string => head.toString('latin1', 0, 200);

/** What other files are, so that the message about a wrong one is of use. */
export const unreadFiles: readonly UnreadFile[] = [
  {
    name: 'an HDF5 or netCDF-4 file',
    matches: (head) => starts(head, '\x89HDF\r\n\x1a\n'),
    cure: convert,
  },
  {
    name: 'a netCDF file',
    matches: (head) => starts(head, 'CDF\x01', 'CDF\x02', 'CDF\x05'),
    cure: convert,
  },
  {
    name: 'an office document (Word, Excel, OpenDocument)',
    matches: (head) =>
      starts(head, 'PK\x03\x04') &&
      /^(\[Content_Types\]\.xml|_rels\/|word\/|xl\/|docProps\/|mimetypeapplication\/vnd\.oasis)/.test(
        head.toString('latin1', 30, 90),
      ),
    cure: 'Open a scene (GeoTIFF, JPEG 2000, Sentinel-2 SAFE, ENVI, MAT-file, PNG or JPEG) or a project.',
  },
  {
    name: 'a ZIP archive',
    matches: (head) => starts(head, 'PK\x03\x04', 'PK\x05\x06'),
    cure: unpack,
  },
  { name: 'a gzip archive', matches: (head) => starts(head, '\x1f\x8b'), cure: unpack },
  { name: 'a tar archive', matches: (head) => starts(head.subarray(257), 'ustar'), cure: unpack },
  {
    name: 'a GDAL virtual raster (VRT)',
    matches: (head) => /^\s*(<\?xml[^>]*>\s*)?<VRTDataset/.test(text(head)),
    cure: convert,
  },
  {
    name: 'an Erdas Imagine file',
    matches: (head) => starts(head, 'EHFA_HEADER_TAG'),
    cure: convert,
  },
  {
    name: 'a SQLite database (e.g. a GeoPackage)',
    matches: (head) => starts(head, 'SQLite format 3\0'),
    cure: rois,
  },
  {
    name: 'a WebP picture',
    matches: (head) => starts(head, 'RIFF') && starts(head.subarray(8), 'WEBP'),
    cure: convert,
  },
  {
    name: 'a JPEG XL picture',
    matches: (head) => starts(head, '\xff\x0a', '\0\0\0\x0cJXL '),
    cure: convert,
  },
  { name: 'a GIF picture', matches: (head) => starts(head, 'GIF8'), cure: convert },
  { name: 'a BMP picture', matches: (head) => starts(head, 'BM'), cure: convert },
  { name: 'a PDF document', matches: (head) => starts(head, '%PDF'), cure: convert },
  { name: 'a PCIDSK file', matches: (head) => starts(head, 'PCIDSK'), cure: convert },
  {
    name: 'an ER Mapper header',
    matches: (head) => /^\s*DatasetHeader\s+Begin/i.test(text(head)),
    cure: convert,
  },
  {
    name: 'an Arc/Info ASCII grid',
    matches: (head) => /^\s*ncols\s+\d/i.test(text(head)),
    cure: convert,
  },
  { name: 'a shapefile', matches: (head) => starts(head, '\0\0\x27\x0a'), cure: rois },
  {
    name: 'a web page',
    matches: (head) => /^\s*<(!doctype )?html/i.test(text(head)),
    cure: 'The download failed: get the file itself.',
  },
  {
    name: 'a GeoJSON or other JSON text',
    matches: (head) => /^\s*[{[]/.test(text(head)),
    cure: rois,
  },
  { name: 'an XML document', matches: (head) => /^\s*<\?xml/.test(text(head)), cure: convert },
];
