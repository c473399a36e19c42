// Work on TensorFlow's threads whose result does not depend on their number.
#pragma once
#include <algorithm>
#include <vector>

#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/util/work_sharder.h"

namespace prismap {

// Runs body(first, last) over [0, count) on TensorFlow's threads; `cost` is in cycles a unit.
template <typename Body>
void parallel(tensorflow::OpKernelContext* context, int64_t count, int64_t cost, const Body& body) {
  const auto& workers = *context->device()->tensorflow_cpu_worker_threads();
  tensorflow::Shard(workers.num_threads, workers.workers, count, cost, body);
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
