import { corrupt, type Directory, readText, type TiffFile } from './directory.ts';
import { tags } from './tags.ts';
import { childrenOf, decodeText, parseXml, type XmlElement, XmlError } from './xml.ts';

/** Metadata of a file as GDAL keeps it. */
export type GdalMetadata = {
  /** Items of the whole file. */
  readonly dataset: Readonly<Record<string, string>>;
  /** Items of a band, by band index and upper-case name; roles `DESCRIPTION`, `SCALE`, `OFFSET`, `UNITTYPE` among them. */
  readonly bands: ReadonlyMap<number, ReadonlyMap<string, string>>;
};

/** Reads the GDAL_METADATA field; malformed XML counts as none, as in GDAL. @throws AppError `corrupt` for XML with a document type or without bounds */
export async function readGdalMetadata(
  file: TiffFile,
  directory: Directory,
): Promise<GdalMetadata> {
  const dataset: Record<string, string> = {};
  const bands = new Map<number, Map<string, string>>();
  const field = directory.fields.get(tags.gdalMetadata);
  const root =
    field === undefined ? undefined : parse(file.source.uri, await readText(file, field));
  for (const list of root === undefined ? [] : childrenOf(root, 'GDALMetadata')) {
    for (const item of childrenOf(list, 'Item')) {
      const name = item.attributes.get('name');
      if (name === undefined) continue;
      // GDAL escapes values twice.
      const value = decodeText(item.text);
      const sample = item.attributes.get('sample');
      const index = Number(sample);
      if (sample === undefined) dataset[name] = value;
      else if (Number.isInteger(index) && index >= 0 && index < 65536) {
        const items = bands.get(index) ?? new Map<string, string>();
        const role = item.attributes.get('role');
        items.set((role ?? name).toUpperCase(), value);
        bands.set(index, items);
      }
    }
  }
  return { dataset, bands };
}

/** Parses an XML text; undefined where it is malformed. */
export function parse(uri: string, text: string): XmlElement | undefined {
  try {
    return parseXml(text);
  } catch (error) {
    if (error instanceof XmlError && error.unsafe) {
      throw corrupt(uri, `its XML metadata hold ${error.message}`);
    }
    return undefined;
  }
}
