import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { useSceneInUse } from '../spectra/sceneInUse.ts';
import { type Answer, useAnswer } from '../spectra/useAnswer.ts';
import { numberOf } from '../spectra/useAreaSpectra.ts';

/** What the ROIs on the scene in use are held against before training; nothing is asked where they are not wanted. */
export function useRoiPreflight(wanted: boolean): Answer<DeskOutput<'preflight'>> {
  const { workspace } = useDesk();
  const info = useSceneInUse();
  const rois = useWorkspace((state) => state.document.rois);
  const classes = useWorkspace((state) => state.document.classes);
  const uri = info?.uri;
  return useAnswer(
    uri === undefined || !wanted
      ? undefined
      : `${uri} ${info?.stamp} ${numberOf(rois)} ${numberOf(classes)}`,
    async (signal) => {
      await workspace.saved();
      return workspace.host.call('preflight', { scene: uri!, rois: 'project' }, signal);
    },
    500,
  );
}
