// The Node module of our operations. Requiring it loads the shared object for good, whose static initialisers register
// the operations with TensorFlow; a library opened by process.dlopen without a module would be closed again.
#include <node_api.h>

#include <cstdlib>

#include "absl/base/log_severity.h"
#include "absl/log/globals.h"

NAPI_MODULE_INIT() {
  // TensorFlow's start-up remarks belong to no user's terminal, unless asked for.
  if (getenv("TF_CPP_MIN_LOG_LEVEL") == nullptr) absl::SetMinLogLevel(absl::LogSeverityAtLeast::kError);
  return exports;
}
