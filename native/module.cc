// The Node module of our operations. Requiring it loads the shared object for good, whose static initialisers register
// the operations with TensorFlow; a library opened by process.dlopen without a module would be closed again.
#include <node_api.h>

NAPI_MODULE_INIT() { return exports; }
