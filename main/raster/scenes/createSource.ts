import { AppError } from '../../../app/error.ts';
import type { SampleArray } from '../../../app/raster/samples.ts';
import type { RasterBlock, SceneDescription, SceneSource } from '../../../app/raster/scene.ts';
import { throwIfCancelled } from './cancelled.ts';
import { maskOf } from './mask.ts';
import { type CheckedRequest, checkRequest } from './request.ts';

/** What a reader returns for a checked request. */
export type Reading = {
  /** In the order of the request, `width · height` samples each. */
  readonly bands: readonly SampleArray[];
  /** Where absent, masks are made from nodata and NaN. */
  readonly masks?: readonly (Uint8Array | undefined)[];
};

/** The part of a format that differs from all others. */
export type Reader = {
  read(request: CheckedRequest): Promise<Reading>;
  close(): Promise<void>;
  /** Further values that are not measurements, e.g. saturation. */
  readonly invalid?: readonly number[];
};

/** A scene whose requests are checked, whose masks are made and whose reads fail after `close`. */
export function createSource(description: SceneDescription, reader: Reader): SceneSource {
  let open = true;
  return {
    description,
    read: async (request): Promise<RasterBlock> => {
      if (!open) {
        throw new AppError('usage', `${description.uri} was closed; open it again to read it.`);
      }
      throwIfCancelled(request.signal);
      const checked = checkRequest(description, request);
      const { bands, masks } = await reader.read(checked);
      throwIfCancelled(request.signal);
      return {
        window: checked.window,
        width: checked.width,
        height: checked.height,
        bands,
        masks: masks ?? masksOf(description, checked.bands, bands, reader.invalid ?? []),
      };
    },
    close: async () => {
      if (open) await reader.close();
      open = false;
    },
  };
}

function masksOf(
  description: SceneDescription,
  indices: readonly number[],
  bands: readonly SampleArray[],
  invalid: readonly number[],
): (Uint8Array | undefined)[] {
  return bands.map((samples, i) => {
    const nodata = description.bands[indices[i]!]!.nodata;
    return maskOf(samples, nodata === undefined ? invalid : [nodata, ...invalid]);
  });
}
