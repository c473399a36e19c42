import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { LayerRow, SceneStyle } from '../../app/project/rows.ts';
import { changeStyle, limitsOf } from '../edits/layers.ts';
import { useDesk } from './context.ts';

export type FormProps = {
  readonly row: LayerRow;
  readonly style: SceneStyle;
  readonly info: SceneInfo;
};

/** Applies a change and, where it asks for other limits, works them out first, so that the picture changes once. */
export function useRestyle({ row, style, info }: FormProps) {
  const { workspace } = useDesk();
  return (label: string, part: Partial<SceneStyle>, bounds?: SceneInfo['bounds']): void => {
    const next = { ...style, ...part };
    const needsLimits = ['mode', 'rgb', 'band', 'expression', 'stretch'].some((key) => key in part);
    if (!needsLimits) return changeStyle(workspace, row.id, label, part);
    limitsOf(workspace, info, next, bounds).then(
      (limits) => changeStyle(workspace, row.id, label, { ...part, limits: [...limits] }),
      workspace.report,
    );
  };
}
