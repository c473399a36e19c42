/** A preload as a script that runs before the page's own, with the three things of `electron` that a sandboxed preload uses. */
export function preloadScript(preload: string): string {
  return `(${around.toString()})((require, window) => {${preload}\n});`;
}

type Preload = (require: (name: string) => unknown, window: Window) => void;
type PortListener = (event: { readonly ports: readonly MessagePort[] }) => void;

function around(preload: Preload): void {
  // Frames inside the page get no preload.
  if (window !== window.top) return;
  const bindings = globalThis as unknown as {
    standInInvoke(channel: string): Promise<unknown>;
    standInPort(id: number, message: unknown): Promise<void>;
    standInPaths?: Readonly<Record<string, string>>;
  };
  const listeners = new Map<string, PortListener>();
  const ports = new Map<number, MessagePort>();
  Object.assign(globalThis, {
    standIn: {
      open: (id: number, channel: string) => {
        const { port1, port2 } = new MessageChannel();
        ports.set(id, port1);
        port1.onmessage = ({ data }) => void bindings.standInPort(id, data);
        listeners.get(channel)?.({ ports: [port2] });
      },
      deliver: (id: number, message: unknown) => ports.get(id)?.postMessage(message),
    },
  });
  const electron = {
    contextBridge: {
      exposeInMainWorld: (name: string, value: object) =>
        Object.defineProperty(globalThis, name, { value: Object.freeze(value) }),
    },
    ipcRenderer: {
      on: (channel: string, listener: PortListener) => listeners.set(channel, listener),
      invoke: (channel: string) => bindings.standInInvoke(channel),
    },
    // A browser tells no path of a file: a test that drops one says where it lies.
    webUtils: { getPathForFile: (file: File) => bindings.standInPaths?.[file.name] ?? '' },
  };
  preload(() => electron, window);
}
