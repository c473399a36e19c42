// quietly(action): calls a function while standard error goes nowhere. TensorFlow's libraries write a remark from their
// static initialisers, before any setting of theirs can be reached.
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

static napi_value quietly(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value action = nullptr, self = nullptr, result = nullptr;
  napi_get_cb_info(env, info, &count, &action, nullptr, nullptr);
  napi_get_undefined(env, &self);
  const int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  napi_call_function(env, self, action, 0, nullptr, &result);  // an exception stays pending for the caller
  if (kept >= 0) dup2(kept, STDERR_FILENO);
  if (kept >= 0) close(kept);
  if (nowhere >= 0) close(nowhere);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function = nullptr;
  napi_create_function(env, "quietly", NAPI_AUTO_LENGTH, quietly, nullptr, &function);
  napi_set_named_property(env, exports, "quietly", function);
  return exports;
}
