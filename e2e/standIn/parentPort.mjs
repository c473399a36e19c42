// What Electron gives a utility process, over the channel of a child of Node. Loaded before the process's own program.
process.parentPort = {
  postMessage: (message) => void process.send(message),
  on: (event, listener) => process.on(event, (data) => listener({ data })),
};
// As Electron does: with its host, the process ends.
process.on('disconnect', () => process.exit(1));
