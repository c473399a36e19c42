// Called by electron-builder when a package's files are in place: sets all nine fuses of Electron's program. A tenth, of some later
// Electron, fails the build until somebody has thought about it.
import { join } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';

/** @type {import('@electron/fuses').FuseConfig} */
export const fuses = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  // Without effect on Linux, where Electron does not check it.
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  // Off, every access to the memory of WebAssembly would be checked: the WebAssembly engine would be slower.
  [FuseV1Options.WasmTrapHandlers]: true,
};

/** The program inside a packed folder. */
function programOf({ appOutDir, electronPlatformName, packager }) {
  const { productFilename } = packager.appInfo;
  if (electronPlatformName === 'darwin') return join(appOutDir, `${productFilename}.app`);
  if (electronPlatformName === 'win32') return join(appOutDir, `${productFilename}.exe`);
  return join(appOutDir, packager.executableName);
}

export default async function afterPack(context) {
  await flipFuses(programOf(context), {
    ...fuses,
    // Changing the program voids its signature, without which macOS on Arm starts nothing.
    resetAdHocDarwinSignature: context.electronPlatformName === 'darwin',
  });
}
