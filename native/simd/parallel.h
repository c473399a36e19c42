// Work on TensorFlow's threads whose result does not depend on their number.
#pragma once
#include <algorithm>
#include <atomic>
#include <vector>

#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/util/work_sharder.h"

namespace prismap {

// Runs body(first, last) over pieces of [0, count) on TensorFlow's threads and the calling one; `cost` is in cycles a
// unit. Whoever is free takes the next piece: a thread that wakes up late, as one does on a busy machine, costs little.
template <typename Body>
void parallel(tensorflow::OpKernelContext* context, int64_t count, int64_t cost, const Body& body) {
  const auto& workers = *context->device()->tensorflow_cpu_worker_threads();
  const int64_t threads = workers.num_threads, piece = std::max<int64_t>(1, count / (32 * threads));
  std::atomic<int64_t> next{0};
  const auto work = [&](int64_t, int64_t) {
    for (int64_t first; (first = next.fetch_add(piece)) < count;) body(first, std::min(count, first + piece));
  };
  // As many ranges as threads: then Shard lets the calling thread do one of them rather than wait for two others.
  tensorflow::Shard(threads, workers.workers, threads, std::max<int64_t>(1, count * cost / threads), work);
}

// total[i] = sum over rows of values[row, i], in the order of the rows; total may be the first row.
inline void addRows(const std::vector<float>& values, int64_t rows, int64_t width, float* total) {
  if (total != values.data()) std::copy_n(values.data(), width, total);
  for (int64_t row = 1; row < rows; row++) {
    for (int64_t i = 0; i < width; i++) total[i] += values[row * width + i];
  }
}

// Cuts [0, count) into at most `parts` equal ranges, the same for any number of threads, and runs
// body(first, last, sums) on each with zeroed sums of its own; the result is their total, of `width` floats.
template <typename Body>
std::vector<float> sumOverParts(tensorflow::OpKernelContext* context, int64_t count, int64_t parts, int64_t cost,
                                int64_t width, const Body& body) {
  const int64_t size = std::max<int64_t>(1, (count + parts - 1) / parts);
  const int64_t ranges = (count + size - 1) / size;
  std::vector<float> sums(std::max<int64_t>(1, ranges) * width);
  parallel(context, ranges, size * cost, [&](int64_t first, int64_t last) {
    for (int64_t range = first; range < last; range++) {
      body(range * size, std::min(count, (range + 1) * size), sums.data() + range * width);
    }
  });
  addRows(sums, ranges, width, sums.data());
  return sums;
}

}  // namespace prismap
