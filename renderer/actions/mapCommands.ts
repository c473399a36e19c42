import type { MapPlace } from '../state/mapControls.ts';
import { placeOfMenu } from '../state/menu.ts';
import { nameOfScene, sceneToMap } from '../state/sceneToMap.ts';
import { shortText } from '../words/numbers.ts';
import { t } from '../words/translate.ts';
import type { Command, CommandContext } from './command.ts';

/** Puts a text where other programs find it; says it where the system does not let us. */
function copyText({ workspace }: CommandContext, text: string): void {
  navigator.clipboard.writeText(text).then(
    () => workspace.notify(t('Copied: {text}', { text })),
    () => workspace.notify(text),
  );
}

/** The place that a menu is open for, else the one under the crosshair. */
const placeOf = ({ map }: CommandContext): MapPlace | undefined => placeOfMenu() ?? map.placeAt();

const atPlace =
  (run: (context: CommandContext, place: MapPlace) => void) =>
  (context: CommandContext): void => {
    const place = placeOf(context);
    if (place !== undefined) run(context, place);
  };

/** Says the values of the scene in use at a place. */
async function identify({ workspace, map }: CommandContext, { position }: MapPlace): Promise<void> {
  const { scenes } = workspace.store.get();
  const uri = sceneToMap({ workspace }) ?? '';
  const entry = scenes.get(uri);
  if (entry?.state !== 'open') return workspace.notify(t('No scene is open. Open one first.'));
  const { info } = entry;
  const name = nameOfScene(workspace, uri);
  const { values } = await workspace.host.call('scene.values', {
    scene: info.scene,
    positions: [map.toScene(position, info)],
  });
  const found = values[0];
  if (found === null || found === undefined)
    return workspace.notify(t('{name} has no pixel here.', { name }));
  const text = found.values
    .map((value) => (value === null ? '–' : shortText(value, 5)))
    .join(' · ');
  workspace.notify(
    t('{name}, pixel {x}, {y}: {values}', {
      name,
      x: found.column,
      y: found.row,
      values: text,
    }),
  );
}

/** Enough decimals for a centimetre or so, in degrees as in metres; always with a point, so that other programs read it. */
const coordinateText = (values: readonly number[]): string =>
  values.map((value) => value.toFixed(Math.abs(value) <= 360 ? 6 : 2)).join(', ');

/** What can be done at a place of the map. */
export const mapCommands: readonly Command[] = [
  {
    id: 'map.coordinates',
    label: 'Copy the map coordinates',
    group: 'View',
    run: atPlace((context, { position }) => copyText(context, coordinateText(position))),
  },
  {
    id: 'map.geographic',
    label: 'Copy latitude and longitude',
    group: 'View',
    when: (context) => placeOf(context)?.geographic !== undefined,
    run: atPlace((context, { geographic }) => {
      if (geographic !== undefined) copyText(context, coordinateText(geographic.toReversed()));
    }),
  },
  {
    id: 'map.zoomHere',
    label: 'Zoom in here',
    group: 'View',
    run: atPlace(({ map }, { position }) => map.zoomToPosition(position, 1)),
  },
  {
    id: 'map.centre',
    label: 'Centre the map here',
    group: 'View',
    run: atPlace(({ map }, { position }) => map.zoomToPosition(position)),
  },
  {
    id: 'map.identify',
    label: 'What is here?',
    group: 'View',
    keys: ['I'],
    run: atPlace((context, place) => {
      identify(context, place).catch(context.workspace.report);
    }),
  },
];
