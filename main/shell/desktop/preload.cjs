// All that the page gets of Electron: a request for its port, and the paths of files that were dropped. CommonJS, because a sandboxed
// preload can be nothing else.
const { contextBridge, ipcRenderer, webUtils } = require('electron');

ipcRenderer.on('port', (event) =>
  window.postMessage('prismap-port', window.location.origin, event.ports),
);

contextBridge.exposeInMainWorld('prismap', {
  connect: () => void ipcRenderer.invoke('connect'),
  pathOf: (file) => webUtils.getPathForFile(file),
});
