import type { Geometry } from '../../../app/vector/geometry.ts';
import { addRoi } from '../../edits/rois.ts';
import { watch } from '../../state/store.ts';
import type { ToolName } from '../../state/workspaceState.ts';
import { t } from '../../words/translate.ts';
import { brushTool } from './brushTool.ts';
import { type DrawShape, drawTool } from './drawTool.ts';
import { holeTool, selectTool, splitTool, vertexTool } from './editTools.ts';
import type { MakeTool, Tool, ToolContext } from './tool.ts';
import { wandTool } from './wandTool.ts';

const drawing =
  (shape: DrawShape, label: () => string): MakeTool =>
  (context) =>
    drawTool(context, shape, (geometry: Geometry) => addRoi(context.workspace, geometry, label()));

const tools: Readonly<Record<ToolName, MakeTool>> = {
  pan: () => ({ interactions: [], cursor: 'grab' }),
  select: selectTool,
  polygon: drawing('polygon', () => t('Draw polygon')),
  rectangle: drawing('rectangle', () => t('Draw rectangle')),
  circle: drawing('circle', () => t('Draw circle')),
  freehand: drawing('freehand', () => t('Draw freehand')),
  brush: (context) => brushTool(context, false),
  eraser: (context) => brushTool(context, true),
  wand: wandTool,
  vertices: vertexTool,
  hole: holeTool,
  split: splitTool,
  label: () => ({ interactions: [], cursor: 'pointer' }),
};

/** The tool in use, changed with the workspace's. */
export type Toolbox = { readonly tool: () => Tool; dispose(): void };

export function createToolbox(context: ToolContext): Toolbox {
  const { map, workspace } = context;
  const target = map.getTargetElement()!;
  let tool: Tool = tools.pan(context);
  const end = (): void => {
    for (const interaction of tool.interactions) map.removeInteraction(interaction);
    tool.dispose?.();
  };
  const begin = (name: ToolName): void => {
    tool.cancel?.();
    end();
    tool = tools[name](context);
    for (const interaction of tool.interactions) map.addInteraction(interaction);
    target.dataset['cursor'] = tool.cursor;
  };
  const unwatch = [
    watch(workspace.store, (state) => state.tool, begin),
    // A sketch wears the colour of its class.
    watch(
      workspace.store,
      (state) => state.selectedClass,
      () => begin(workspace.store.get().tool),
    ),
  ];
  const rightClick = (event: MouseEvent): void => {
    // Where nothing is being drawn a right click opens the menu.
    if (tool.complete?.() === true) event.preventDefault();
  };
  target.addEventListener('contextmenu', rightClick);
  return {
    tool: () => tool,
    dispose: () => {
      for (const stop of unwatch) stop();
      target.removeEventListener('contextmenu', rightClick);
      end();
    },
  };
}
