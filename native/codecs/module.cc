// The Node module of the codecs. Every argument is checked here; what lies below works on plain arrays.
#include <node_api.h>

#include <vector>

#include "lzw.h"
#include "samples.h"
#ifdef PRISMAP_LIBDEFLATE
#include "libdeflate.h"
#endif

namespace {

// The arguments of a call; `ok` turns false, with an exception for the caller, at the first that is not as needed.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMost;
    ok = napi_get_cb_info(env, info, &count, values_, nullptr, nullptr) == napi_ok;
  }

  napi_value operator[](int index) const { return values_[index]; }

  struct Array {
    void* data;
    size_t length;  // elements
    size_t size;    // bytes of one
  };

  // A typed array of whole numbers or floats.
  Array array(napi_value value) {
    static constexpr size_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};  // in the order of napi_typedarray_type
    Array result = {};
    napi_typedarray_type type = napi_uint8_array;
    check(napi_get_typedarray_info(env_, value, &type, &result.length, &result.data, nullptr, nullptr) == napi_ok &&
              static_cast<size_t>(type) < sizeof sizes / sizeof *sizes,
          "a typed array is needed");
    if (ok) result.size = sizes[type];
    return ok ? result : Array{nullptr, 0, 1};
  }

  Array bytes(napi_value value) {
    const Array result = array(value);
    check(result.size == 1, "an array of bytes is needed");
    return result;
  }

  // A whole number from 0 to 2^53.
  size_t count(napi_value value) {
    double number = -1;
    check(napi_get_value_double(env_, value, &number) == napi_ok && number >= 0 && number <= 9007199254740992.0,
          "a count is needed");
    return ok ? static_cast<size_t>(number) : 0;
  }

  size_t field(napi_value object, const char* name) {
    napi_value value = nullptr;
    check(napi_get_named_property(env_, object, name, &value) == napi_ok, "an object is needed");
    return ok ? count(value) : 0;
  }

  uint32_t length(napi_value list) {
    uint32_t result = 0;
    check(napi_get_array_length(env_, list, &result) == napi_ok, "a list is needed");
    return ok ? result : 0;
  }

  napi_value element(napi_value list, uint32_t index) {
    napi_value value = nullptr;
    check(napi_get_element(env_, list, index, &value) == napi_ok, "a list is needed");
    return value;
  }

  void check(bool right, const char* message) {
    if (ok && !right) napi_throw_type_error(env_, nullptr, message);
    ok = ok && right;
  }

  bool ok = true;

 private:
  static constexpr size_t kMost = 4;
  napi_env env_;
  napi_value values_[kMost];
};

napi_value number(napi_env env, int64_t value) {
  napi_value result = nullptr;
  napi_create_int64(env, value, &result);
  return result;
}

// lzw(input, output): bytes written, -1 for a code that is not defined.
napi_value lzw(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto input = arguments.bytes(arguments[0]), output = arguments.bytes(arguments[1]);
  if (!arguments.ok) return nullptr;
  return number(env, prismap::decodeLzw(static_cast<uint8_t*>(input.data), input.length,
                                        static_cast<uint8_t*>(output.data), output.length));
}

#ifdef PRISMAP_LIBDEFLATE
// inflate(input, output): bytes of the zlib stream written, -1 for damaged data, -2 where the output is too small.
napi_value inflate(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto input = arguments.bytes(arguments[0]), output = arguments.bytes(arguments[1]);
  if (!arguments.ok) return nullptr;
  libdeflate_decompressor* const decompressor = libdeflate_alloc_decompressor();
  arguments.check(decompressor != nullptr, "no memory is left");
  if (!arguments.ok) return nullptr;
  size_t written = 0;
  const libdeflate_result result = libdeflate_zlib_decompress(decompressor, input.data, input.length, output.data,
                                                              output.length, &written);
  libdeflate_free_decompressor(decompressor);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) return number(env, -2);
  return number(env, result == LIBDEFLATE_SUCCESS ? static_cast<int64_t>(written) : -1);
}
#endif

// Calls action(T*) with the unsigned type of so many bytes.
template <typename Action>
void withType(size_t size, void* data, const Action& action) {
  if (size == 1) action(static_cast<uint8_t*>(data));
  if (size == 2) action(static_cast<uint16_t*>(data));
  if (size == 4) action(static_cast<uint32_t*>(data));
  if (size == 8) action(static_cast<uint64_t*>(data));
}

// undoDifferences(values, samples, rowSamples)
napi_value undoDifferences(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto values = arguments.array(arguments[0]);
  const size_t samples = arguments.count(arguments[1]), rowSamples = arguments.count(arguments[2]);
  arguments.check(samples > 0 && rowSamples > 0 && rowSamples % samples == 0, "rows of whole pixels are needed");
  if (!arguments.ok) return nullptr;
  withType(values.size, values.data,
           [&](auto* data) { prismap::undoDifferences(data, values.length, samples, rowSamples); });
  return nullptr;
}

// Whether count runs of `length`, `stride` apart, the first at `start`, end within `limit`.
bool fits(size_t start, size_t stride, size_t count, size_t length, size_t limit) {
  const unsigned __int128 last = static_cast<unsigned __int128>(stride) * (count - 1) + start + length;
  return last <= limit;
}

// gather(source, targets, firsts, region): typed arrays of one element size, and counts of samples.
napi_value gather(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto source = arguments.array(arguments[0]);
  const uint32_t bands = arguments.length(arguments[1]);
  prismap::Region region = {};
  region.fromStride = arguments.field(arguments[3], "fromStride");
  region.samples = arguments.field(arguments[3], "samples");
  region.to = arguments.field(arguments[3], "to");
  region.toStride = arguments.field(arguments[3], "toStride");
  region.width = arguments.field(arguments[3], "width");
  region.height = arguments.field(arguments[3], "height");
  if (!arguments.ok || region.width == 0 || region.height == 0) return nullptr;
  arguments.check(region.samples <= source.length && region.width <= source.length, "the region is too large");
  std::vector<void*> targets(bands);
  std::vector<size_t> firsts(bands);
  for (uint32_t i = 0; arguments.ok && i < bands; i++) {
    const auto target = arguments.array(arguments.element(arguments[1], i));
    firsts[i] = arguments.count(arguments.element(arguments[2], i));
    targets[i] = target.data;
    const size_t run = (region.width - 1) * region.samples + 1;
    arguments.check(target.size == source.size && fits(firsts[i], region.fromStride, region.height, run, source.length) &&
                        fits(region.to, region.toStride, region.height, region.width, target.length),
                    "the region passes the end of an array");
  }
  if (!arguments.ok) return nullptr;
  withType(source.size, source.data, [&](auto* data) {
    using Sample = std::remove_pointer_t<decltype(data)>;
    prismap::gather<Sample>(data, reinterpret_cast<Sample* const*>(targets.data()), firsts.data(), bands, region);
  });
  return nullptr;
}

void offer(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

NAPI_MODULE_INIT() {
  offer(env, exports, "lzw", lzw);
#ifdef PRISMAP_LIBDEFLATE
  offer(env, exports, "inflate", inflate);
#endif
  offer(env, exports, "undoDifferences", undoDifferences);
  offer(env, exports, "gather", gather);
  return exports;
}
