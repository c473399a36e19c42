// TensorFlow operations PrismapSelectiveScan and PrismapSelectiveScanGradient over the kernels of scan.cc, on
// TensorFlow's own threads. How the work is cut depends on the shapes alone, and partial sums are added in a fixed
// order: any number of threads gives the same bytes. An absent optional input is a tensor of no elements.
#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "../simd/parallel.h"
#include "scan.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace tf = tensorflow;

namespace prismap {
namespace {

constexpr int64_t kChannelBlock = 16;  // a multiple of every vector width
// The work is cut into about kElementParts ranges of batch elements. Where these are fewer than kLeastParts, channels are
// cut too, although the gradients of B and C are sums over them.
constexpr int64_t kElementParts = 32, kLeastParts = 16;

int64_t blocksOf(int64_t count, int64_t size) { return (count + size - 1) / size; }

const float* valuesOf(const tf::Tensor& tensor) {
  return tensor.NumElements() == 0 ? nullptr : tensor.flat<float>().data();
}

struct Arguments {
  ScanSize size = {};
  ScanInput input = {};
};

absl::Status readArguments(tf::OpKernelContext* context, Arguments* arguments) {
  const tf::Tensor &u = context->input(0), &a = context->input(2);
  if (u.dims() != 3 || a.dims() != 2) {
    return absl::InvalidArgumentError("selective scan: u must be [batch, steps, channels] and A [channels, states]");
  }
  const ScanSize size = {u.dim_size(0), u.dim_size(1), u.dim_size(2), a.dim_size(1)};
  const int64_t wide = size.batch * size.steps * size.channels, narrow = size.batch * size.steps * size.states;
  const int64_t expected[] = {wide,   wide,          size.channels * size.states, narrow, narrow, size.channels, wide,
                              size.channels};
  for (int i = 0; i < 8; i++) {
    const int64_t found = context->input(i).NumElements();
    if (found != expected[i] && !(i > 4 && found == 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("selective scan: input ", i, " has ", found, " elements; ", expected[i], " are needed"));
    }
  }
  const auto at = [&](int i) { return valuesOf(context->input(i)); };
  *arguments = {size, {at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)}};
  return absl::OkStatus();
}

// The cut of the work: ranges of batch elements times ranges of channels. In backward each part sums on its own.
struct Cut {
  int64_t elements, channels;            // of one part
  int64_t elementParts, channelParts;

  explicit Cut(const ScanSize& size) {
    elements = std::max<int64_t>(1, size.batch / kElementParts);
    elementParts = blocksOf(size.batch, elements);
    const int64_t blocks = blocksOf(size.channels, kChannelBlock);
    const int64_t wanted = std::clamp<int64_t>(kLeastParts / std::max<int64_t>(1, elementParts), 1, blocks);
    channels = blocksOf(blocks, wanted) * kChannelBlock;
    channelParts = blocksOf(size.channels, channels);
  }
  int64_t parts() const { return elementParts * channelParts; }
  ScanRange range(const ScanSize& size, int64_t part) const {
    const int64_t element = (part / channelParts) * elements, channel = (part % channelParts) * channels;
    return {element, std::min(size.batch, element + elements), channel, std::min(size.channels, channel + channels)};
  }
};

tf::TensorShape startsShape(const ScanSize& size) {
  return {size.batch, segmentsOf(size), size.states, size.channels};
}

class ScanOp : public tf::OpKernel {
 public:
  explicit ScanOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("keep_starts", &keep_starts_));
  }

  void Compute(tf::OpKernelContext* context) override {
    Arguments arguments;
    OP_REQUIRES_OK(context, readArguments(context, &arguments));
    const auto& [size, input] = arguments;
    tf::Tensor *out = nullptr, *starts = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, context->input(0).shape(), &out));
    OP_REQUIRES_OK(context, context->allocate_output(1, keep_starts_ ? startsShape(size) : tf::TensorShape({0}), &starts));
    if (out->NumElements() == 0) return;
    float* values = out->flat<float>().data();
    float* kept = starts->NumElements() == 0 ? nullptr : starts->flat<float>().data();
    const Cut cut(size);
    const int64_t cost = size.steps * size.states * cut.channels * cut.elements;
    parallel(context, cut.parts(), cost, [&, size = size, input = input](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; part++) scanForward(size, input, cut.range(size, part), values, kept);
    });
  }

 private:
  bool keep_starts_ = false;
};

class ScanGradientOp : public tf::OpKernel {
 public:
  explicit ScanGradientOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}

  void Compute(tf::OpKernelContext* context) override {
    Arguments arguments;
    OP_REQUIRES_OK(context, readArguments(context, &arguments));
    OP_REQUIRES(context, context->input(8).NumElements() == startsShape(arguments.size).num_elements(),
                absl::InvalidArgumentError("selective scan: the forward pass kept no states for its gradient"));
    OP_REQUIRES(context, context->input(9).NumElements() == context->input(0).NumElements(),
                absl::InvalidArgumentError("selective scan: the output's gradient has another size than the output"));
    float* to[8];
    for (int i = 0; i < 8; i++) {
      tf::Tensor* output = nullptr;
      OP_REQUIRES_OK(context, context->allocate_output(i, context->input(i).shape(), &output));
      to[i] = output->NumElements() == 0 ? nullptr : output->flat<float>().data();
    }
    if (to[0] == nullptr) return zero(context, to);
    run(context, arguments, valuesOf(context->input(8)), valuesOf(context->input(9)), to);
  }

 private:
  static void zero(tf::OpKernelContext* context, float* const* to) {
    for (int i = 0; i < 8; i++) {
      if (to[i] != nullptr) std::fill_n(to[i], context->input(i).NumElements(), 0.0f);
    }
  }

  static void run(tf::OpKernelContext* context, const Arguments& arguments, const float* starts,
                  const float* outGradient, float* const* to) {
    const ScanSize& size = arguments.size;
    const Cut cut(size);
    const int64_t narrow = size.batch * size.steps * size.states;
    const int64_t shared = (size.states + 2) * size.channels;
    std::vector<float> sums(cut.elementParts * shared);
    std::vector<float> b(cut.channelParts > 1 ? cut.channelParts * narrow : 0), c(b.size());
    const int64_t cost = 3 * size.steps * size.states * cut.channels * cut.elements;
    parallel(context, cut.parts(), cost, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; part++) {
        const int64_t column = part % cut.channelParts;
        ScanGradients gradients = {to[0], to[1], to[6], to[3], to[4], sums.data() + (part / cut.channelParts) * shared};
        if (cut.channelParts > 1) {
          gradients.b = b.data() + column * narrow;
          gradients.c = c.data() + column * narrow;
        }
        scanBackward(size, arguments.input, cut.range(size, part), starts, outGradient, gradients);
      }
    });
    if (cut.channelParts > 1) {
      addRows(b, cut.channelParts, narrow, to[3]);
      addRows(c, cut.channelParts, narrow, to[4]);
    }
    addRows(sums, cut.elementParts, shared, sums.data());
    spread(size, sums.data(), to);
  }

  static void spread(const ScanSize& size, const float* sums, float* const* to) {
    const int64_t d = size.channels, n = size.states;
    for (int64_t channel = 0; channel < d; channel++) {
      for (int64_t i = 0; i < n; i++) to[2][channel * n + i] = sums[i * d + channel];
      if (to[5] != nullptr) to[5][channel] = sums[n * d + channel];
      if (to[7] != nullptr) to[7][channel] = sums[(n + 1) * d + channel];
    }
  }
};

REGISTER_OP("PrismapSelectiveScan")
    .Input("u: float")
    .Input("dt_raw: float")
    .Input("a: float")
    .Input("b: float")
    .Input("c: float")
    .Input("skip: float")
    .Input("z: float")
    .Input("dt_bias: float")
    .Attr("keep_starts: bool")
    .Output("y: float")
    .Output("starts: float")  // for the gradient; empty unless they are to be kept
    .SetShapeFn([](tf::shape_inference::InferenceContext* context) {
      context->set_output(0, context->input(0));
      context->set_output(1, context->UnknownShape());
      return absl::OkStatus();
    });

REGISTER_OP("PrismapSelectiveScanGradient")
    .Input("u: float")
    .Input("dt_raw: float")
    .Input("a: float")
    .Input("b: float")
    .Input("c: float")
    .Input("skip: float")
    .Input("z: float")
    .Input("dt_bias: float")
    .Input("starts: float")
    .Input("gradient: float")
    .Output("u_gradient: float")
    .Output("dt_raw_gradient: float")
    .Output("a_gradient: float")
    .Output("b_gradient: float")
    .Output("c_gradient: float")
    .Output("skip_gradient: float")
    .Output("z_gradient: float")
    .Output("dt_bias_gradient: float")
    .SetShapeFn([](tf::shape_inference::InferenceContext* context) {
      for (int i = 0; i < 8; i++) context->set_output(i, context->input(i));
      return absl::OkStatus();
    });

REGISTER_KERNEL_BUILDER(Name("PrismapSelectiveScan").Device(tf::DEVICE_CPU), ScanOp);
REGISTER_KERNEL_BUILDER(Name("PrismapSelectiveScanGradient").Device(tf::DEVICE_CPU), ScanGradientOp);

}  // namespace
}  // namespace prismap
